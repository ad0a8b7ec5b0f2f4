package fetch

import (
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing/transport"
)

// SSH is the user's own: what ~/.ssh/config says of a host (names, users, keys, jumps), agents, tokens of hardware,
// certificates and known_hosts count as they do for git. A library knows a part of these, and takes six modules for it.

// overSSH begins a session over SSH.
func (r Request) overSSH(w *watch) (session, error) {
	program, err := exec.LookPath("ssh")
	if err != nil {
		return nil, errNoSSH
	}
	c := exec.CommandContext(w.ctx, program, r.URL.sshArguments()...)
	c.Env = withoutVariablesOfGit(r.Credentials.Env)
	c.WaitDelay = time.Second // what a proxy of the user's keeps open is not waited for
	said := &tail{}
	c.Stderr = said
	to, err := c.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("running ssh: %w", err)
	}
	from, err := c.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("running ssh: %w", err)
	}
	if err := c.Start(); err != nil {
		return nil, fmt.Errorf("running ssh: %w", err)
	}
	ended := sync.OnceValue(func() error { // at once, as a rule: nothing is to come, or nothing more is wanted
		_ = to.Close()
		defer time.AfterFunc(time.Second, func() { _ = c.Process.Kill() }).Stop()
		return c.Wait()
	})
	s := newStream(w, from, to, func() error { _ = ended(); return nil }) // a status of a conversation that is over
	s.reason = func(err error) error { return said.reason(ended(), err) }
	return s, nil
}

// sshArguments asks for upload-pack. Nothing is asked at a terminal, where a report is about to be written, and nothing of
// this machine is handed on to the host. "--" ends the options, whatever the host is called.
func (u URL) sshArguments() []string {
	args := []string{"-T", "-a", "-x", "-o", "BatchMode=yes", "-o", "ClearAllForwardings=yes", "-o", "ControlMaster=no"}
	if u.port != 0 {
		args = append(args, "-p", strconv.Itoa(u.port))
	}
	host := u.host
	if u.user != "" {
		host = u.user + "@" + host
	}
	return append(args, "--", host, uploadPack+" "+shellQuoted(u.pathOnServer()))
}

// shellQuoted is one word for the shell of the server, as git writes it.
func shellQuoted(text string) string {
	return "'" + strings.NewReplacer("'", `'\''`, "!", `'\!'`).Replace(text) + "'"
}

// withoutVariablesOfGit is an environment from which nothing of git's can be sent to the server: another version of the
// protocol, for one, is not spoken here.
func withoutVariablesOfGit(env map[string]string) (list []string) {
	for name, value := range env {
		if !strings.HasPrefix(name, "GIT_") {
			list = append(list, name+"="+value)
		}
	}
	return list
}

// sshError is why there is no session over SSH. It is told from what ssh writes, which is not repeated: the server has a
// say in it.
type sshError string

func (e sshError) Error() string { return string(e) }

const (
	errNoSSH   = sshError("there is no program ssh in PATH: install OpenSSH, or give the https URL of the repository")
	errHostKey = sshError("the host's key is not the one in known_hosts, or is not there: connect once with ssh, and " +
		"compare it")
	errNoKey = sshError("the host takes none of your SSH keys: `ssh -v` to it tells which are tried, and `ssh-add -l` which " +
		"your agent has (a key with a passphrase must be in an agent)")
	errNoHost  = sshError("ssh knows no host of this name: look at the URL again, and whether this machine has a network")
	errNoRoute = sshError("ssh gets no connection to the host: `ssh -v` to it tells why")
)

// sshFailed is the status with which ssh ends where the connection failed, and not what runs on the server.
const sshFailed = 255

// tail keeps the end of what ssh and the server say beside.
type tail struct{ text []byte }

// maxTail is kept of it. OpenSSH's longest warning has a thousand bytes.
const maxTail = 8 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p[max(0, len(p)-maxTail):]...)
	t.text = t.text[max(0, len(t.text)-maxTail):]
	return len(p), nil
}

// reason is why ssh ended, by its status and what it said.
func (t *tail) reason(ended, err error) error {
	text := strings.ToLower(string(t.text))
	has := func(words ...string) bool {
		for _, word := range words {
			if strings.Contains(text, word) {
				return true
			}
		}
		return false
	}
	exit := (*exec.ExitError)(nil)
	if !errors.As(ended, &exit) || exit.ExitCode() != sshFailed {
		if saysNotFound(text) {
			return transport.ErrRepositoryNotFound
		}
		return err
	}
	switch {
	case has("host key verification failed", "identification has changed"):
		return errHostKey
	case has("could not resolve hostname"):
		return errNoHost
	case has("permission denied", "too many authentication failures"):
		return errNoKey
	}
	return errNoRoute
}
