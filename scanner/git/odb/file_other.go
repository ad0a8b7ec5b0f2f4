//go:build !unix

package odb

func openRegular(path string) (regular, error) { return openPlainly(path) }
