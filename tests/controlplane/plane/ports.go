package plane

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// ports are the loopback ports of the plane.
type ports struct {
	etcd, etcdPeer, apiserver port
}

// port is reserved by a bound socket that never listens. The kernel gives its number to nobody else, only to one of the
// same user who asks for that very number with SO_REUSEPORT, as our servers do: so two planes that start at once, or an
// outgoing connection, cannot take it between the choice and its use.
type port struct {
	number int
	socket int
}

func reservePorts() (reserved ports, err error) {
	for _, p := range []*port{&reserved.etcd, &reserved.etcdPeer, &reserved.apiserver} {
		if *p, err = reservePort(); err != nil {
			return reserved, fmt.Errorf("reserving a port: %w", err)
		}
	}
	return reserved, nil
}

func reservePort() (port, error) {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return port{}, err
	}
	if err := unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
		return port{}, err
	}
	if err := unix.Bind(socket, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return port{}, err
	}
	name, err := unix.Getsockname(socket)
	if err != nil {
		return port{}, err
	}
	return port{number: name.(*unix.SockaddrInet4).Port, socket: socket}, nil
}

func (p ports) release() {
	for _, each := range []port{p.etcd, p.etcdPeer, p.apiserver} {
		_ = unix.Close(each.socket)
	}
}
