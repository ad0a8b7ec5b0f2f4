//go:build unix

package fetch

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

// ownSSH puts a program ssh in front that is the machine's own with a configuration, which Request.Credentials.Env hands on.
func ownSSH(t *testing.T, config string) (path string) {
	t.Helper()
	program, err := exec.LookPath("ssh")
	if err != nil {
		t.Skip("ssh is not installed")
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "config"), config)
	write(t, filepath.Join(dir, "ssh"), fmt.Sprintf("#!/bin/sh\nexec %s -F %s/config \"$@\"\n", program, dir))
	if err := os.Chmod(filepath.Join(dir, "ssh"), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir + string(os.PathListSeparator) + os.Getenv("PATH")
}

// TestSSH fetches over SSH, with the keys and names that the user's configuration has, and from no host whose key is not known.
func TestSSH(t *testing.T) {
	base, dir := project(t)
	private, user := newKey(t)
	_, host := newKey(t)
	_, stranger := newKey(t)
	runAgent(t, private)
	files := t.TempDir()
	known, identity := filepath.Join(files, "known_hosts"), filepath.Join(files, "key")
	config := "UserKnownHostsFile " + known + "\nGlobalKnownHostsFile /dev/null\nUpdateHostKeys no\n"
	t.Setenv("PATH", ownSSH(t, config))
	knows := func(address string, key ssh.PublicKey) { write(t, known, knownhosts.Line([]string{address}, key)+"\n") }
	address := serveSSH(t, base, host, user.PublicKey())
	fetch := func(url string) (string, error) {
		t.Helper()
		return fetched(t, url, func(r *Request) { r.Credentials.Env = environment() })
	}
	refused := func(url, want string) {
		t.Helper()
		if _, err := fetch(url); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one that says %q", url, err, want)
		}
	}

	knows(address, host.PublicKey())
	got, err := fetch("ssh://" + address + "/team/project.git")
	if err != nil {
		t.Fatal(err)
	}
	isMirror(t, got, dir)
	refused("ssh://"+address+"/team/other.git", "no such repository")
	knows(address, stranger.PublicKey())
	refused("ssh://"+address+"/team/project.git", "known_hosts")
	write(t, known, "")
	refused("ssh://"+address+"/team/project.git", "known_hosts")
	others := serveSSH(t, base, host, stranger.PublicKey())
	knows(others, host.PublicKey())
	refused("ssh://"+others+"/team/project.git", "none of your SSH keys")
	refused("ssh://127.0.0.1:1/team/project.git", "no connection")
	refused("nobody@host.invalid:team/project.git", "no host of this name")

	// A key in a file and a name for the host, of which no agent knows.
	t.Setenv("SSH_AUTH_SOCK", "")
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	write(t, identity, string(pem.EncodeToMemory(block)))
	name, port, _ := net.SplitHostPort(address)
	t.Setenv("PATH", ownSSH(t, config+"Host work\n\tHostName "+name+"\n\tPort "+port+"\n\tIdentityFile "+identity+"\n"))
	knows(address, host.PublicKey())
	if got, err = fetch("work:/team/project.git"); err != nil {
		t.Fatal(err)
	}
	isMirror(t, got, dir)
	refused("ssh://"+address+"/team/project.git", "none of your SSH keys")
}

// TestSSHArguments has a program ssh that writes down what it is asked for, and then is the server.
func TestSSHArguments(t *testing.T) {
	base, dir := project(t)
	odd := filepath.Join(base, "it's $(odd)!")
	git(t, base, "clone", "-q", "--mirror", dir, odd)
	programs := t.TempDir()
	write(t, filepath.Join(programs, "ssh"), `#!/bin/sh
printf '%s\n' "$@" "${GIT_PROTOCOL-unset}" >"$0.asked"
while [ "$1" != -- ]; do shift; done
eval "exec $3"
`)
	if err := os.Chmod(filepath.Join(programs, "ssh"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", programs+string(os.PathListSeparator)+os.Getenv("PATH"))
	env := environment()
	env["GIT_PROTOCOL"] = "version=2"
	got, err := fetched(t, "me@[::1]:"+odd, func(r *Request) { r.Credentials.Env = env })
	if err != nil {
		t.Fatal(err)
	}
	isMirror(t, got, dir)
	asked, err := os.ReadFile(filepath.Join(programs, "ssh.asked"))
	want := "BatchMode=yes\n-o\nClearAllForwardings=yes\n-o\nControlMaster=no\n--\nme@::1\ngit-upload-pack '" +
		strings.NewReplacer("'", `'\''`, "!", `'\!'`).Replace(odd) + "'\nunset\n"
	if err != nil || !strings.HasSuffix(string(asked), want) {
		t.Errorf("ssh was asked for\n%s, %v, not\n%s", asked, err, want)
	}
}

// TestHostileSSH: what a server says beside is neither repeated nor kept without end, and one that does not end is not waited for.
func TestHostileSSH(t *testing.T) {
	programs := t.TempDir()
	t.Setenv("PATH", programs+string(os.PathListSeparator)+os.Getenv("PATH"))
	for script, want := range map[string]string{
		"yes Authorization: x | head -c 10000000 >&2; exit 1": "broke off",
		"echo 'Permission denied (publickey)' >&2; exit 255":  "none of your SSH keys",
		"echo 'ERROR: Repository not found.' >&2; exit 1":     "no such repository",
		"echo 000dERR Auth; exec sleep 60":                    "does not answer as a git server does",
		"echo 'HTTP/1.1 200 OK'; exec sleep 60":               "does not answer as a git server does",
		"exit 0":                                              "broke off",
		"exec sleep 60":                                       "has sent nothing",
		"sleep 60 >/dev/null & exit 255":                      "no connection",
	} {
		write(t, filepath.Join(programs, "ssh"), "#!/bin/sh\n"+script+"\n")
		if err := os.Chmod(filepath.Join(programs, "ssh"), 0o700); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, err := fetched(t, "example.com:x", func(r *Request) { r.stall, r.Credentials.Env = 5*time.Second, environment() })
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "Auth") {
			t.Errorf("%s: error %v, want one that says %q", script, err, want)
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%s took %v", script, took)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := fetched(t, "example.com:x", nil); !errors.Is(err, errNoSSH) {
		t.Errorf("without ssh: %v", err)
	}
}
