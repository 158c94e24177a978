package plane

import "fmt"

// Files below the data directory of the home.
const (
	authorityFile         = "pki/authority.crt"
	servingFile           = "pki/serving.crt"
	servingKeyFile        = "pki/serving.key"
	serviceAccountKeyFile = "pki/service-account.key"
	tokenFile             = "pki/tokens.csv"
)

func (p *plane) etcdURL() string { return fmt.Sprintf("http://127.0.0.1:%d", p.ports.etcd.number) }

func (p *plane) apiserverURL() string {
	return fmt.Sprintf("https://127.0.0.1:%d", p.ports.apiserver.number)
}

func (p *plane) etcdArguments() []string {
	peer := fmt.Sprintf("http://127.0.0.1:%d", p.ports.etcdPeer.number)
	return []string{
		"--data-dir=" + p.home.data("etcd"),
		"--listen-client-urls=" + p.etcdURL(),
		"--advertise-client-urls=" + p.etcdURL(),
		"--listen-peer-urls=" + peer,
		"--initial-advertise-peer-urls=" + peer,
		"--initial-cluster=default=" + peer,
		"--heartbeat-interval=50", // with the defaults it takes up to a second
		"--election-timeout=250",  // to elect itself
		"--socket-reuse-port",     // see port
		"--unsafe-no-fsync",       // the data does not outlive the plane
		"--log-level=warn",
	}
}

func (p *plane) apiserverArguments() []string {
	return []string{
		"--etcd-servers=" + p.etcdURL(),
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",   // otherwise it wants a default route
		"--endpoint-reconciler-type=none", // it may not advertise loopback
		fmt.Sprintf("--secure-port=%d", p.ports.apiserver.number),
		"--permit-port-sharing", // see port
		"--tls-cert-file=" + p.home.data(servingFile),
		"--tls-private-key-file=" + p.home.data(servingKeyFile),
		"--token-auth-file=" + p.home.data(tokenFile),
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-signing-key-file=" + p.home.data(serviceAccountKeyFile),
		"--service-account-key-file=" + p.home.data(serviceAccountKeyFile),
		"--service-cluster-ip-range=10.96.0.0/16",
		"--authorization-mode=RBAC,Node",
		"--profiling=false",
	}
}

func (p *plane) controllerManagerArguments() []string {
	return []string{
		"--kubeconfig=" + p.home.kubeconfig(),
		"--controllers=" +
			"garbage-collector-controller,namespace-controller," +
			"serviceaccount-controller,serviceaccount-token-controller," +
			"clusterrole-aggregation-controller", // without it the roles admin, edit and view are empty
		"--service-account-private-key-file=" + p.home.data(serviceAccountKeyFile),
		"--root-ca-file=" + p.home.data(authorityFile), // goes into the tokens' Secrets
		"--leader-elect=false",
		"--secure-port=0", // nobody asks it anything
		"--profiling=false",
	}
}
