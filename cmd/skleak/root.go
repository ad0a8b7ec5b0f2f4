package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"skleak/cmd/internal/program"
	"skleak/scanner"
	"skleak/scanner/cause"
)

const about = `skleak finds leaked sk_live_ and sk_test_ API keys in working trees and whole git histories.

It reads everything git stores, names whatever it could not read, and never prints a whole key
unless it is told to. Start with "skleak scan ." in a repository.

Exit status: 0 nothing found and everything read, 1 leaks found, 2 wrong usage or a report that
could not be written, 3 nothing found but something could not be read, 130 interrupted.`

// rootCommand assembles the program: what a command line needs of it, or without one, all.
func rootCommand(w *world, args ...string) *cobra.Command {
	root := &cobra.Command{Use: programName, Long: about,
		Short: "Find leaked API keys in working trees and whole git histories"}
	return program.Root(w.Console, root, "skleak scan .", args, w.command("scan", scanCommand),
		w.command("dir", dirCommand), w.command("git", gitCommand), w.command("stdin", stdinCommand),
		program.Command{Name: "hook", Make: func() *cobra.Command { return hookCommand(w, args[min(1, len(args)):]...) }},
		w.command("action", actionCommand), w.command("verify", verifyCommand), w.command("revoke", revokeCommand),
		w.command("baseline", baselineCommand), w.command("rules", rulesCommand))
}

// command is the one that construct makes.
func (w *world) command(name string, construct func(*world) *cobra.Command) program.Command {
	return program.Command{Name: name, Make: func() *cobra.Command { return construct(w) }}
}

// oneTarget allows a single path. Two would need a name each in the report; dir does that.
func oneTarget(c *cobra.Command, args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("%q takes one path, but got %d; run it once for each%s", c.CommandPath(), len(args),
			severalAtOnce(c))
	}
	return nil
}

// severalAtOnce names the command that reads the histories of several repositories.
func severalAtOnce(c *cobra.Command) string {
	if c.Name() == "git" {
		return `, or "skleak scan" for all in one report`
	}
	return ""
}

func targetOf(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}

// isRevision is true for what looks like the name of a commit.
func isRevision(name string) bool {
	return name == "HEAD" || strings.HasPrefix(name, "HEAD~") || strings.HasPrefix(name, "HEAD^") ||
		strings.HasPrefix(name, "HEAD@") ||
		strings.HasPrefix(name, "refs/")
}

// existing returns what lies at path, or an error that says what to do where nothing does.
func existing(path string) (fs.FileInfo, error) {
	info, err := os.Stat(path)
	switch {
	case err == nil:
		return info, nil
	case path == "-":
		return nil, errors.New(`"-" is no path; to scan standard input: "skleak stdin"`)
	case strings.Contains(path, "://") || strings.HasPrefix(path, "git@"):
		return nil, fmt.Errorf("%s is not on this machine; \"skleak scan URL\" and \"skleak git URL\" fetch a "+
			"repository, nothing else does", scanner.WithoutCredentials(path))
	case strings.Contains(path, "..") && !strings.Contains(path, "/") && !strings.HasPrefix(path, "."):
		return nil, fmt.Errorf("there is no file or folder %q; for a range of the history: \"skleak git --range %s\"",
			path, path)
	case isRevision(path):
		return nil, fmt.Errorf("there is no file or folder %q; for the history that it reaches: \"skleak git --range "+
			"%s\"", path, path)
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no file or folder %q; check the path", path)
	default:
		return nil, fmt.Errorf("cannot look at %s: %w", path, cause.Of(err))
	}
}
