package plane

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const deadline = 10 * time.Second

// family starts children that run a shell script, and waits until each of them says "up". A child's name is $1.
func family(t *testing.T, script string, names ...string) (*children, chan error) {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "binary")
	if err := os.WriteFile(binary, []byte("#!/bin/sh\ncd "+dir+"\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	lost := make(chan error, len(names))
	started := &children{binary: binary, logs: dir, lost: func(err error) { lost <- err }}
	t.Cleanup(func() {
		for _, child := range started.all {
			_ = child.process.Kill()
		}
	})
	for _, name := range names {
		if err := started.start(name); err != nil {
			t.Fatal(err)
		}
		awaitLog(t, filepath.Join(dir, name+".log"), "up\n")
	}
	return started, lost
}

func awaitLog(t *testing.T, path, text string) {
	t.Helper()
	for end := time.Now().Add(deadline); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if content, _ := os.ReadFile(path); strings.Contains(string(content), text) {
			return
		}
	}
	t.Fatalf("%s does not say %q:\n%s", path, text, tail(path))
}

func TestStopWaitsForTheTopBeforeItTouchesTheBottom(t *testing.T) {
	// The top is slow: were both told at once, the bottom would be gone first.
	c, _ := family(t, `
trap '[ $1 = bottom ] || sleep 0.3; echo $1 >>order; exit' TERM
echo up
while :; do sleep 0.01; done`, "bottom", "middle", "top")
	c.stop()
	order, err := os.ReadFile(filepath.Join(c.logs, "order"))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Fields(string(order)); strings.Join(got, " ") != "top middle bottom" {
		t.Errorf("stopped in the order %v", got)
	}
}

func TestAChildThatIgnoresSIGTERMIsKilled(t *testing.T) {
	c, lost := family(t, `
trap '' TERM
echo up
while :; do sleep 0.01; done`, "stubborn")
	go c.all[0].stop(100 * time.Millisecond)
	if err := awaitLoss(t, lost); !strings.Contains(err.Error(), "signal: killed") {
		t.Errorf("it ended otherwise: %v", err)
	}
}

func TestALostChildIsReportedWithTheEndOfItsLog(t *testing.T) {
	_, lost := family(t, `
for i in $(seq 50); do echo line $i; done
echo up
exit 3`, "etcd")
	message := awaitLoss(t, lost).Error()
	for _, want := range []string{"etcd ended: exit status 3", "etcd.log", "line 50\nup\n"} {
		if !strings.Contains(message, want) {
			t.Errorf("%q is missing from: %s", want, message)
		}
	}
	if strings.Contains(message, "line 20\n") {
		t.Errorf("the whole log is in: %s", message)
	}
}

func awaitLoss(t *testing.T, lost <-chan error) error {
	t.Helper()
	select {
	case err := <-lost:
		return err
	case <-time.After(deadline):
		t.Fatal("no child was reported lost")
		return nil
	}
}
