package process

import "runtime/debug"

// Version is what the go command recorded when it built the program: the module's version or, built
// from a checkout, one made from the commit. "devel" where it recorded nothing, as with "go run".
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
}
