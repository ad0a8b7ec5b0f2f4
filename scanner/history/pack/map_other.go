//go:build !unix

package pack

func mapFile(path string) (data []byte, unmap func() error, err error) { return readFile(path) }
