package plane

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"time"
)

const validity = 365 * 24 * time.Hour

// credentials are made anew for every plane: what the apiserver proves itself with, what it signs service account
// tokens with, and the administrator's token.
type credentials struct {
	authority         *x509.Certificate
	serving           *x509.Certificate
	servingKey        *ecdsa.PrivateKey
	serviceAccountKey *ecdsa.PrivateKey
	token             string
}

func newCredentials() (*credentials, error) {
	var keys [3]*ecdsa.PrivateKey
	for i := range keys {
		var err error
		if keys[i], err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			return nil, err
		}
	}
	authorityKey, servingKey, serviceAccountKey := keys[0], keys[1], keys[2]
	authority, err := certify(authorityTemplate(), nil, &authorityKey.PublicKey, authorityKey)
	if err != nil {
		return nil, err
	}
	serving, err := certify(servingTemplate(), authority, &servingKey.PublicKey, authorityKey)
	if err != nil {
		return nil, err
	}
	return &credentials{authority, serving, servingKey, serviceAccountKey, rand.Text()}, nil
}

func authorityTemplate() *x509.Certificate {
	return &x509.Certificate{
		Subject:               pkix.Name{CommonName: "controlplane test authority"},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
}

func servingTemplate() *x509.Certificate {
	return &x509.Certificate{
		Subject:     pkix.Name{CommonName: "kube-apiserver"},
		DNSNames:    []string{"localhost", "kubernetes", "kubernetes.default.svc"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
}

// certify signs the template by its parent, or by itself if there is none.
func certify(template, parent *x509.Certificate, key *ecdsa.PublicKey, by *ecdsa.PrivateKey) (*x509.Certificate, error) {
	if parent == nil {
		parent = template
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial
	template.NotBefore = time.Now().Add(-time.Minute)
	template.NotAfter = template.NotBefore.Add(validity)
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key, by)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

func (c *credentials) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(c.authority)
	return pool
}

// write puts the files that the servers read into the home, and the kubeconfig.
func (c *credentials) write(home *home, apiserverPort int) error {
	servingKey, err := x509.MarshalECPrivateKey(c.servingKey)
	if err != nil {
		return err
	}
	serviceAccountKey, err := x509.MarshalECPrivateKey(c.serviceAccountKey)
	if err != nil {
		return err
	}
	for path, content := range map[string][]byte{
		home.data(authorityFile):         encode("CERTIFICATE", c.authority.Raw),
		home.data(servingFile):           encode("CERTIFICATE", c.serving.Raw),
		home.data(servingKeyFile):        encode("EC PRIVATE KEY", servingKey),
		home.data(serviceAccountKeyFile): encode("EC PRIVATE KEY", serviceAccountKey),
		home.data(tokenFile):             fmt.Appendf(nil, "%s,admin,admin,system:masters\n", c.token),
		home.kubeconfig():                c.kubeconfig(apiserverPort),
	} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func (c *credentials) kubeconfig(apiserverPort int) []byte {
	const format = `apiVersion: v1
kind: Config
current-context: controlplane
clusters:
  - name: controlplane
    cluster:
      server: https://127.0.0.1:%d
      certificate-authority-data: %s
users:
  - name: admin
    user: {token: %q}
contexts:
  - name: controlplane
    context: {cluster: controlplane, user: admin}
`
	authority := base64.StdEncoding.EncodeToString(encode("CERTIFICATE", c.authority.Raw))
	return fmt.Appendf(nil, format, apiserverPort, authority, c.token)
}
