package archive

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"skleak/scanner/archive/internal/bound"
	"skleak/scanner/archive/internal/decode"
)

// Archives of Unix: ar, which .deb and static libraries are, and cpio, which is in .rpm and initramfs.

const arHeaderLength = 60

// walkAr reads the common form and both ways to write long names.
func walkAr(w *walk, p Place, r io.Reader) error {
	if _, err := io.CopyN(io.Discard, r, 8); err != nil {
		return err
	}
	var long []byte // the table of long names, as GNU writes it
	header := make([]byte, arHeaderLength)
	for {
		if _, err := io.ReadFull(r, header); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading the next header of the ar archive: %w", err)
		}
		size, err := strconv.ParseInt(strings.TrimSpace(string(header[48:58])), 10, 64)
		if err != nil || size < 0 || string(header[58:]) != "`\n" {
			return errors.New("reading the next header of the ar archive: what stands there is none")
		}
		body := decode.Exactly(r, size)
		name := strings.TrimRight(string(header[:16]), " ")
		switch {
		case name == "//":
			if long, err = io.ReadAll(io.LimitReader(body, maxNames)); err != nil {
				return err
			}
			if err := w.fatal(w.Name(p.below("//", "ar"), string(long))); err != nil {
				return err
			}
		case strings.HasPrefix(name, "#1/"): // BSD: the name is the beginning of the content
			n, _ := strconv.Atoi(name[3:])
			text, err := io.ReadAll(io.LimitReader(body, int64(min(max(n, 0), maxNames))))
			if err != nil {
				return err
			}
			name = strings.TrimRight(string(text), "\x00")
		case len(name) > 1 && name[0] == '/' && name[1] >= '0' && name[1] <= '9':
			if at, err := strconv.Atoi(name[1:]); err == nil && at < len(long) {
				name, _, _ = strings.Cut(string(long[at:]), "\n")
			}
		}
		if name != "//" {
			if err := w.member(p, "ar", strings.TrimSuffix(name, "/"), body); err != nil {
				return err
			}
		}
		if err := skip(body, r, size&1); err != nil {
			return err
		}
	}
}

// skip reads what is left of a member and n bytes of padding behind it.
func skip(body, r io.Reader, n int64) error {
	if _, err := io.Copy(io.Discard, body); err != nil {
		return fmt.Errorf("skipping the rest of a member: %w", err)
	}
	if _, err := io.CopyN(io.Discard, r, n); err != nil && err != io.EOF {
		return fmt.Errorf("skipping the padding of a member: %w", err)
	}
	return nil
}

// maxNames bounds a name, and a table of names, in bytes.
const maxNames = 1 << 20

// walkCpio reads the portable forms, with hexadecimal numbers (newc, crc) and with octal ones (odc), and the oldest.
func walkCpio(w *walk, p Place, r io.Reader) error {
	for {
		name, size, pad, err := cpioHeader(r)
		if err != nil {
			return fmt.Errorf("reading the next header of the cpio archive: %w", err)
		}
		if name == "TRAILER!!!" {
			return w.behindEnd(p, "cpio", r)
		}
		body := decode.Exactly(r, size)
		if err := w.member(p, "cpio", name, body); err != nil {
			return err
		}
		if err := skip(body, r, pad); err != nil {
			return err
		}
	}
}

func cpioHeader(r io.Reader) (name string, size, pad int64, err error) {
	magic := make([]byte, 6)
	if _, err = io.ReadFull(r, magic); err != nil {
		return "", 0, 0, bound.NoEOF(err) // a member of its own ends the archive
	}
	if order := cpioOrder(magic); order != nil {
		return cpioBinary(r, order)
	}
	length, base, wide, align := 0, 16, 8, int64(4)
	var sizeAt, nameAt int
	switch string(magic) {
	case "070701", "070702":
		length, sizeAt, nameAt = 110, 54, 94
	case "070707":
		length, base, wide, align, sizeAt, nameAt = 76, 8, 6, 1, 65, 59
	default:
		return "", 0, 0, errors.New("there is no signature")
	}
	header := make([]byte, length)
	if _, err = io.ReadFull(r, header[6:]); err != nil {
		return "", 0, 0, bound.NoEOF(err)
	}
	sizeWide := wide
	if base == 8 {
		sizeWide = 11
	}
	size, err = strconv.ParseInt(string(header[sizeAt:sizeAt+sizeWide]), base, 64)
	nameSize, err2 := strconv.ParseInt(string(header[nameAt:nameAt+wide]), base, 64)
	if err = errors.Join(err, err2); err != nil || size < 0 || nameSize < 0 || nameSize > maxNames {
		return "", 0, 0, errors.New("the numbers of the header make no sense")
	}
	text := make([]byte, nameSize+(-int64(length)-nameSize)&(align-1))
	if _, err = io.ReadFull(r, text); err != nil {
		return "", 0, 0, bound.NoEOF(err)
	}
	return string(bytes.TrimRight(text[:nameSize], "\x00")), size, -size & (align - 1), nil
}

// cpioBinaryLength is the length of a header of the oldest form: thirteen numbers of 16 bits.
const cpioBinaryLength = 26

// cpioOrder is the order of bytes in a header of the oldest form, nil where it is none.
func cpioOrder(head []byte) binary.ByteOrder {
	switch {
	case len(head) < 2:
	case head[0] == 0xc7 && head[1] == 0x71:
		return binary.LittleEndian
	case head[0] == 0x71 && head[1] == 0xc7:
		return binary.BigEndian
	}
	return nil
}

// cpioBinary reads the rest of such a header.
func cpioBinary(r io.Reader, order binary.ByteOrder) (name string, size, pad int64, err error) {
	var rest [cpioBinaryLength - 6]byte
	if _, err = io.ReadFull(r, rest[:]); err != nil {
		return "", 0, 0, bound.NoEOF(err)
	}
	nameSize := int64(order.Uint16(rest[14:]))
	size = int64(order.Uint16(rest[16:]))<<16 | int64(order.Uint16(rest[18:]))
	text := make([]byte, nameSize+nameSize&1)
	if _, err = io.ReadFull(r, text); err != nil {
		return "", 0, 0, bound.NoEOF(err)
	}
	return string(bytes.TrimRight(text[:nameSize], "\x00")), size, size & 1, nil
}

const rpmLeadLength = 96

// walkRpm reads the two headers of a package as text and hands on the payload, a compressed cpio archive.
func walkRpm(w *walk, p Place, r io.Reader) error {
	if _, err := io.CopyN(io.Discard, r, rpmLeadLength); err != nil {
		return bound.NoEOF(err)
	}
	for i := range 2 {
		intro := make([]byte, 16)
		if _, err := io.ReadFull(r, intro); err != nil {
			return fmt.Errorf("reading a header of the package: %w", bound.NoEOF(err))
		}
		if string(intro[:3]) != "\x8e\xad\xe8" {
			return errors.New("reading a header of the package: there is none")
		}
		entries, store := int64(binary.BigEndian.Uint32(intro[8:])), int64(binary.BigEndian.Uint32(intro[12:]))
		size := entries*16 + store
		body := decode.Exactly(r, size)
		if err := w.member(p, "rpm", []string{"(signature)", "(header)"}[i], body); err != nil {
			return err
		}
		pad := int64(0)
		if i == 0 {
			pad = -size & 7
		}
		if err := skip(body, r, pad); err != nil {
			return err
		}
	}
	return w.member(p, "rpm", "(payload)", r)
}
