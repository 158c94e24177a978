package plane

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// home is the directory of one running plane. Logs stay in it; the kubeconfig and the data go when the plane does.
type home struct {
	dir  string
	lock *os.File
}

// claim makes the directory, sees that no other plane runs in it, and clears away what a killed one left.
func claim(dir string) (*home, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := os.Create(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, err
	}
	h := &home{dir: dir, lock: lock}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return nil, fmt.Errorf("another control plane runs in %s", dir)
	}
	if err := h.clear(); err != nil {
		lock.Close()
		return nil, err
	}
	return h, os.MkdirAll(h.data("pki"), 0o700)
}

func (h *home) kubeconfig() string { return filepath.Join(h.dir, "kubeconfig") }

func (h *home) data(name string) string { return filepath.Join(h.dir, "data", name) }

func (h *home) clear() error {
	if err := os.RemoveAll(h.kubeconfig()); err != nil {
		return err
	}
	return os.RemoveAll(filepath.Join(h.dir, "data"))
}

func (h *home) leave() {
	if err := h.clear(); err != nil {
		fmt.Fprintf(os.Stderr, "controlplane: %v\n", err)
	}
	h.lock.Close()
}
