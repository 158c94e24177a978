package plane

import (
	"context"
	"fmt"
	"net"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestAReservedPortIsOursAlone(t *testing.T) {
	reserved, err := reservePorts()
	if err != nil {
		t.Fatal(err)
	}
	defer reserved.release()
	address := fmt.Sprintf("127.0.0.1:%d", reserved.apiserver.number)

	if listener, err := net.Listen("tcp", address); err == nil {
		listener.Close()
		t.Errorf("%s was given to a stranger", address)
	}
	sharing := net.ListenConfig{Control: func(_, _ string, socket syscall.RawConn) (err error) {
		control := socket.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
		})
		if control != nil {
			return control
		}
		return err
	}}
	listener, err := sharing.Listen(context.Background(), "tcp", address)
	if err != nil {
		t.Fatalf("a server that shares the port cannot have it: %v", err)
	}
	listener.Close()
}
