package files

import "path/filepath"

// IsWithin is true where path is root or lies below it, through whatever symbolic links.
func IsWithin(root, path string) bool {
	_, ok := Relative(root, path)
	return ok
}

// PathBelow is the path from root to target with forward slashes, "" where they are the same.
func PathBelow(root, target string) string {
	rel, ok := Relative(root, target)
	if !ok || rel == "." {
		return ""
	}
	return filepath.ToSlash(rel)
}

// Relative is the path from root to target, through whatever symbolic links; ok is false where that leads out of root.
func Relative(root, target string) (string, bool) {
	real := func(p string) string {
		if abs, err := filepath.Abs(p); err == nil {
			p = abs
		}
		if resolved, err := filepath.EvalSymlinks(p); err == nil {
			p = resolved
		}
		return p
	}
	rel, err := filepath.Rel(real(root), real(target))
	return rel, err == nil && filepath.IsLocal(rel)
}
