// Package baseline keeps what was found before, so that only what is new fails a run.
package baseline

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"skleak/report/escape"
	"skleak/report/outfile"
	"skleak/rules"
	"skleak/scanner"
)

// Baseline is what was found before and is to fail no run again: fingerprints, each with the paths it
// was found at. Its zero value knows nothing.
//
// As a file it is text, made so that it can be committed and merged:
//
//	skleak baseline 1
//	0a1b2c3d4e5f60718293 config/app.env
//	5d1f0c6b7a88e2394f10 "a path\twith a tab"
//
// After the version comes a line for each fingerprint and path, sorted. A path that holds anything
// but visible characters and inner spaces, or begins with a quote, is quoted as in Go. There are no
// keys in it (those in paths are redacted), and no line numbers and dates, which change without need
// and make merges conflict.
type Baseline struct {
	known map[entry]bool
}

type entry struct{ fingerprint, path string }

const (
	magic   = "skleak baseline "
	version = "1" // of the format
	// maxSize bounds a baseline, in bytes: half a million lines.
	maxSize = 64 << 20
	// sharedMode is for what is meant to be committed.
	sharedMode fs.FileMode = 0o644
)

// New knows all leaks but those that count for nothing anyway: placeholders and allowed ones. redactor, which may be
// nil, gets to know their keys, and takes them out of paths.
func New(leaks []scanner.Leak, redactor *rules.Redactor) *Baseline {
	if redactor == nil {
		redactor = rules.NewRedactor(nil)
	}
	for _, l := range leaks {
		if !l.Placeholder {
			redactor.Know(l.Key)
		}
	}
	b := &Baseline{known: map[entry]bool{}}
	for _, l := range leaks {
		if l.Placeholder || l.Suppressed == scanner.SuppressedAllowed {
			continue
		}
		for _, f := range l.Findings {
			if f.Allowed == "" {
				b.known[entryOf(l.Key.Fingerprint(), redactor.Redact(f.Path))] = true
			}
		}
	}
	return b
}

// entryOf redacts keys in the path, with the built-in rules only: whoever reads the baseline may have
// no others, and has not found all keys before.
func entryOf(fingerprint, path string) entry {
	return entry{fingerprint, rules.Default().Redact(path)}
}

// Has says whether a key was known at a path, which is relative and has forward slashes.
func (b *Baseline) Has(fingerprint, path string) bool { return b.known[entryOf(fingerprint, path)] }

// Covers says whether a leak was known at all the places it was found at, but for those a comment allows. One that
// appears in a further file is news, even if its key is not. A path that holds keys is known by what redactor, which
// knows those of the run, makes of it.
func (b *Baseline) Covers(l scanner.Leak, redactor *rules.Redactor) bool {
	fingerprint := l.Key.Fingerprint()
	for _, f := range l.Findings {
		if f.Allowed == "" && !b.Has(fingerprint, f.Path) && !b.Has(fingerprint, redactor.Redact(f.Path)) {
			return false
		}
	}
	return len(l.Findings) > 0
}

// Len is how many lines the baseline has after its version.
func (b *Baseline) Len() int { return len(b.known) }

// Encode returns the baseline as a file holds it.
func (b *Baseline) Encode() []byte {
	lines := make([]string, 0, len(b.known))
	for e := range b.known {
		lines = append(lines, e.fingerprint+" "+quotePath(e.path)+"\n")
	}
	slices.Sort(lines)
	return []byte(magic + version + "\n" + strings.Join(lines, ""))
}

func quotePath(path string) string {
	plain := path != "" && path[0] != '"' && utf8.ValidString(path) && strings.TrimSpace(path) == path &&
		!strings.ContainsFunc(path, func(r rune) bool { return r != ' ' && (!unicode.IsGraphic(r) || unicode.IsSpace(r)) })
	if plain {
		return path
	}
	return strconv.Quote(path)
}

// Parse reads a baseline. An error names the line; a version that is not known and what a
// merge leaves behind are errors. Lines that end in CR LF are read as well, since git may make them so.
func Parse(data []byte) (*Baseline, error) {
	b := &Baseline{known: map[entry]bool{}}
	number := 0
	for line := range bytes.Lines(data) {
		number++
		text := strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r")
		if err := b.readLine(text, number); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
	}
	if number == 0 {
		return nil, errors.New("an empty file; \"skleak baseline\" writes a baseline")
	}
	return b, nil
}

func (b *Baseline) readLine(line string, number int) error {
	if isConflict(line) {
		return errors.New("a merge conflict; keep the lines of both sides and delete the marks, or write the baseline anew")
	}
	if number == 1 {
		return checkVersion(line)
	}
	fingerprint, written, _ := strings.Cut(line, " ")
	if !rules.IsFingerprint(fingerprint) {
		return errors.New("no fingerprint of 20 hex digits and a space at the beginning")
	}
	path := written
	if strings.HasPrefix(written, `"`) {
		var err error
		if path, err = strconv.Unquote(written); err != nil {
			return errors.New("the path is not quoted as it should be")
		}
	} else if quotePath(path) != path {
		return errors.New("the path is missing, or must be quoted")
	}
	b.known[entryOf(fingerprint, path)] = true
	return nil
}

// isConflict recognises what git, Mercurial and diff3 put between the sides of a conflict.
func isConflict(line string) bool {
	for _, mark := range []string{"<<<<<<<", "|||||||", "=======", ">>>>>>>"} {
		if strings.HasPrefix(line, mark) {
			return true
		}
	}
	return false
}

func checkVersion(line string) error {
	given, ok := strings.CutPrefix(line, magic)
	switch {
	case ok && given == version:
		return nil
	case ok:
		return fmt.Errorf("version %.20q is unknown; perhaps a newer skleak wrote the file", given)
	case strings.HasPrefix(line, "[") || strings.HasPrefix(line, "{"):
		return errors.New("this is JSON, perhaps of another scanner; \"skleak baseline\" writes a baseline of skleak")
	}
	return fmt.Errorf("a baseline begins with %q", magic+version)
}

// Load reads the baseline in a file.
func Load(path string) (*Baseline, error) {
	data, err := read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no baseline %s; \"skleak baseline\" writes one", escape.Visible(path))
	case err != nil:
		return nil, fmt.Errorf("reading the baseline: %w", err)
	}
	b, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("reading the baseline %s: %w", escape.Visible(path), err)
	}
	return b, nil
}

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it is only read
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err == nil && len(data) > maxSize {
		err = fmt.Errorf("%s: more than %d bytes, too many for a baseline", escape.Visible(path), maxSize)
	}
	return data, err
}

// Write writes the baseline to a file, whole or not at all. A file that says the same already is
// not touched, and changed is false. One that is no baseline, or of another version, is not overwritten;
// one with a merge conflict in it is.
func Write(path string, b *Baseline) (changed bool, err error) {
	changed, err = write(path, b.Encode())
	if err != nil {
		return false, fmt.Errorf("writing the baseline to %s: %w", escape.Visible(path), err)
	}
	return changed, nil
}

func write(path string, data []byte) (changed bool, err error) {
	inPlace, err := outfile.IsWrittenInPlace(path)
	if err != nil {
		return false, err
	}
	if inPlace {
		return false, errors.New("not a regular file")
	}
	mode := sharedMode
	old, err := read(path)
	switch {
	case err == nil:
		if bytes.Equal(bytes.ReplaceAll(old, []byte("\r\n"), []byte("\n")), data) {
			return false, nil
		}
		if err := mayReplace(old); err != nil {
			return false, err
		}
		if info, err := os.Stat(path); err == nil {
			mode = info.Mode().Perm()
		}
	case !errors.Is(err, fs.ErrNotExist):
		return false, err
	}
	return true, outfile.Replace(path, mode, func(f *os.File) error {
		_, err := f.Write(data)
		return err
	})
}

// mayReplace keeps a slip of the hand from costing a file.
func mayReplace(old []byte) error {
	if len(old) == 0 {
		return nil
	}
	first, _, _ := bytes.Cut(old, []byte("\n"))
	if err := checkVersion(strings.TrimSuffix(string(first), "\r")); err != nil {
		return fmt.Errorf("the existing file was not replaced: %w", err)
	}
	return nil
}
