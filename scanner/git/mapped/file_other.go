//go:build !unix && !windows

package mapped

// File reads a whole file: here nothing is known of maps.
func File(path string) (data []byte, unmap func() error, err error) {
	f, _, err := openRegular(path, 0)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	return readFile(f, mostRead)
}
