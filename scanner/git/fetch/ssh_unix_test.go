//go:build unix

package fetch

import (
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/crypto/ssh/knownhosts"
)

// newKey makes a key for a host or a user.
func newKey(t *testing.T) (ed25519.PrivateKey, ssh.Signer) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return private, signer
}

// runAgent runs an SSH agent with a key.
func runAgent(t *testing.T, key ed25519.PrivateKey) {
	t.Helper()
	folder, err := os.MkdirTemp("", "agent") // names of sockets must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	listener, err := net.Listen("unix", filepath.Join(folder, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	keys := agent.NewKeyring()
	if err := keys.Add(agent.AddedKey{PrivateKey: key}); err != nil {
		t.Fatal(err)
	}
	go func() {
		for conn, err := listener.Accept(); err == nil; conn, err = listener.Accept() {
			go agent.ServeAgent(keys, conn)
		}
	}()
	t.Setenv("SSH_AUTH_SOCK", listener.Addr().String())
}

// serveSSH serves the repositories in a folder over SSH to whoever has a key.
func serveSSH(t *testing.T, base string, host ssh.Signer, user ssh.PublicKey) (address string) {
	t.Helper()
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if string(key.Marshal()) != string(user.Marshal()) {
			return nil, fmt.Errorf("another key")
		}
		return nil, nil
	}}
	config.AddHostKey(host)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for conn, err := listener.Accept(); err == nil; conn, err = listener.Accept() {
			go serveConn(conn, config, base)
		}
	}()
	return listener.Addr().String()
}

func serveConn(conn net.Conn, config *ssh.ServerConfig, base string) {
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for one := range channels {
		channel, requests, err := one.Accept()
		if err != nil {
			return
		}
		for r := range requests {
			r.Reply(r.Type == "exec", nil)
			if r.Type != "exec" {
				continue
			}
			var command struct{ Line string }
			ssh.Unmarshal(r.Payload, &command)
			path := strings.Trim(strings.TrimPrefix(command.Line, "git-upload-pack "), "'")
			c := exec.Command("git", "upload-pack", filepath.Join(base, path))
			c.Stdout, c.Stderr = channel, channel.Stderr()
			in, _ := c.StdinPipe()
			go func() { io.Copy(in, channel); in.Close() }()
			status := []byte{0, 0, 0, 0}
			if c.Run() != nil {
				status[3] = 128
			}
			channel.SendRequest("exit-status", false, status)
			channel.Close()
		}
	}
}

// TestSSH fetches over SSH with the agent's key, and from no host whose key is not known.
func TestNoAgent(t *testing.T) {
	t.Setenv("SSH_AUTH_SOCK", "")
	if _, err := fetched(t, "ssh://127.0.0.1:1/team/project.git", nil); err == nil || !strings.Contains(err.Error(), "no SSH agent is running") {
		t.Error(err)
	}
}

func TestSSH(t *testing.T) {
	base, dir := project(t)
	private, user := newKey(t)
	_, host := newKey(t)
	_, stranger := newKey(t)
	runAgent(t, private)
	known := filepath.Join(t.TempDir(), "known_hosts")
	t.Setenv("SSH_KNOWN_HOSTS", known)
	t.Setenv("HOME", t.TempDir())
	knows := func(address string, key ssh.PublicKey) { write(t, known, knownhosts.Line([]string{address}, key)+"\n") }

	address := serveSSH(t, base, host, user.PublicKey())
	knows(address, host.PublicKey())
	got, err := fetched(t, "ssh://"+address+"/team/project.git", nil)
	if err != nil {
		t.Fatal(err)
	}
	isMirror(t, got, dir)
	if _, err := fetched(t, "ssh://"+address+"/team/other.git", nil); err == nil || !strings.Contains(err.Error(), "no such repository") {
		t.Errorf("a repository that is not there: %v", err)
	}
	knows(address, stranger.PublicKey())
	if _, err := fetched(t, "ssh://"+address+"/team/project.git", nil); err == nil || !strings.Contains(err.Error(), "known_hosts") {
		t.Errorf("a host with another key: %v", err)
	}
	others := serveSSH(t, base, host, stranger.PublicKey())
	knows(others, host.PublicKey())
	if _, err := fetched(t, "ssh://"+others+"/team/project.git", nil); err == nil || !strings.Contains(err.Error(), "SSH agent") {
		t.Errorf("a host that does not take the key: %v", err)
	}
}
