package audittest

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// TestNATS: on a server that somebody else runs, an audit tells the same.
func TestNATS(t *testing.T) {
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(),
		NoLog: true, NoSigs: true, SyncAlways: true})
	if err != nil {
		t.Fatal(err)
	}
	go s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(time.Minute) {
		t.Fatal("the server is not ready")
	}
	w := newWorld(t, 8)
	alone := w.audit(1)
	file := filepath.Join(w.home, "nats.json")
	c := w.command("run", "github:acme", "--github-url", w.host.URL, "-r", file, "--jobs", "1", "--no-progress",
		"--state", filepath.Join(w.home, "nats"), "--nats", s.ClientURL(), "--audit", "test")
	said := w.started(c)
	worker := w.command("work", "--nats", s.ClientURL(), "--audit", "test")
	home := t.TempDir()
	worker.Env = append(worker.Env, "HOME="+home, "XDG_STATE_HOME="+home, "GITHUB_TOKEN=")
	took := w.started(worker)
	err = c.Wait()
	if c.ProcessState.ExitCode() != 1 {
		t.Fatalf("error %v:\n%s%s", err, said, took)
	}
	w.same(alone.plain(), w.read(file).plain())
	w.keepsSecrets(said.String())
	if !strings.Contains(said.String(), "--audit test") {
		t.Errorf("said %s", said)
	}
}
