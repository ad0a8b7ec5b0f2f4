//go:build !unix && !windows

package pack

import "os"

func mapFile(path string) (data []byte, unmap func() error, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	return readFile(f, mostRead)
}
