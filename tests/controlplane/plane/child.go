package plane

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

const (
	stopPatience = 10 * time.Second // for one child; then it is killed
	tailLines    = 20
)

// children are the processes of the plane in the order in which they were started.
type children struct {
	binary string
	logs   string      // the directory of the logs
	lost   func(error) // called when one ends
	all    []*child
}

type child struct {
	name    string
	process *os.Process
	ended   chan struct{}
}

// start runs a subcommand of the binary; what it prints goes to its log.
func (c *children) start(name string, arguments ...string) error {
	path := filepath.Join(c.logs, name+".log")
	log, err := os.Create(path)
	if err != nil {
		return err
	}
	defer log.Close()
	command := exec.Command(c.binary, append([]string{name}, arguments...)...)
	command.Stdout, command.Stderr = log, log
	confine(command)
	if err := command.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", name, err)
	}
	started := &child{name: name, process: command.Process, ended: make(chan struct{})}
	c.all = append(c.all, started)
	go func() {
		err := command.Wait()
		close(started.ended)
		c.lost(fmt.Errorf("%s ended: %v; the end of %s:\n%s", name, err, path, tail(path)))
	}()
	return nil
}

// confine makes a command depend on this process alone. It gets no variables (etcd takes flags from ETCD_*), a process
// group of its own (Ctrl-C reaches the whole group of a terminal, and would stop all at once), and dies with us.
func confine(command *exec.Cmd) {
	command.Env = []string{}
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// stop goes from the top down: an apiserver that has lost its etcd hangs.
func (c *children) stop() {
	for i := len(c.all) - 1; i >= 0; i-- {
		c.all[i].stop(stopPatience)
	}
	c.all = nil
}

func (c *child) stop(patience time.Duration) {
	_ = c.process.Signal(syscall.SIGTERM) // fails only if it has ended
	select {
	case <-c.ended:
		return
	case <-time.After(patience):
		fmt.Fprintf(os.Stderr, "controlplane: %s did not stop within %v: killed\n", c.name, patience)
	}
	_ = c.process.Kill()
	<-c.ended
}

// tail returns the last lines of a file, or why it cannot be read.
func tail(path string) []byte {
	content, err := os.ReadFile(path)
	if err != nil {
		return []byte(err.Error())
	}
	lines := bytes.SplitAfter(content, []byte("\n"))
	return bytes.Join(lines[max(0, len(lines)-tailLines-1):], nil)
}
