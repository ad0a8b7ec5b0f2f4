package gate

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"skleak/rules/config"
	"skleak/scanner/run"
)

// configureFromBase puts the base's versions of all configuration into folder.
func (j *Job) configureFromBase(folder string, names []*string) error {
	if err := os.Mkdir(folder, 0o700); err != nil {
		return fmt.Errorf("making a folder for the configuration of the base: %w", err)
	}
	for _, name := range []string{config.TreeConfigName, config.IgnoreFileName} {
		file, err := j.extract(name, folder)
		if err != nil {
			return err
		}
		if file == "" {
			j.noteChange(name, nil)
		}
	}
	for _, named := range names {
		below, inside := j.inCheckout(*named)
		if !inside {
			continue // nothing of the change: a file that the workflow made, or none
		}
		file, err := j.extract(below, filepath.Join(folder, "named"))
		if err != nil {
			return err
		}
		if file == "" {
			j.warn("`%s` is not in the base, so it is not used: a change has no say in how it is checked (the input trust-head "+
				"has it)", below)
		}
		*named = file
	}
	return nil
}

// extract copies a file of the base below folder, and returns the copy; "" where the base has none.
func (j *Job) extract(name, folder string) (string, error) {
	text, err := baseFile(j.repo, j.assignment.base, name)
	if err != nil || text == nil {
		return "", err
	}
	file := filepath.Join(folder, filepath.FromSlash(name))
	if err = os.MkdirAll(filepath.Dir(file), 0o700); err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		return "", fmt.Errorf("taking %s from the base: %w", name, err)
	}
	j.noteChange(name, text)
	return file, nil
}

// noteChange says that the change has another version of a file than the base, which somebody may expect to
// count. What cannot be read is not the base's, either.
func (j *Job) noteChange(name string, base []byte) {
	if j.repo == nil || j.repo.root == "" {
		return
	}
	here, err := run.ReadTreeFile(j.repo.root, filepath.FromSlash(name))
	if err != nil || here != nil && !bytes.Equal(here, base) {
		j.say("`%s` counts as it is in the base, not as it is in the change", name)
	}
}

// baseFile returns a file of the base, nil where there is none.
func baseFile(repo *repoCheckout, base, name string) ([]byte, error) {
	if repo == nil || base == "" {
		return nil, nil
	}
	text, err := repo.file(base, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("taking the configuration from the base: %w", err)
	case text == nil:
		text = []byte{} // an empty file is one
	}
	return text, nil
}

// inCheckout tells whether a file that the workflow names lies in the checkout, and where in it. By its name or by
// where that leads: a change can make a link of a file, and of a folder on the way.
func (j *Job) inCheckout(file string) (below string, inside bool) {
	if file == "" || j.repo == nil || j.repo.root == "" {
		return "", false
	}
	abs, err := filepath.Abs(file)
	if err != nil {
		return "", false
	}
	root := j.repo.root
	roots, paths := []string{root}, []string{abs}
	if real, err := filepath.EvalSymlinks(root); err == nil {
		roots = append(roots, real)
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		paths = append(paths, real)
	}
	for _, p := range paths {
		for _, r := range roots {
			if rel, err := filepath.Rel(r, p); err == nil && filepath.IsLocal(rel) && rel != "." {
				return filepath.ToSlash(rel), true
			}
		}
	}
	return "", false
}
