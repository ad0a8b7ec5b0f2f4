package form

// A line of uuencoded text starts with a character for the number of its bytes, 45 mostly, which is M; then come
// groups of four characters for three bytes.

// decodeUUEncoded reads the lines from the candidate's on.
func decodeUUEncoded(d *Decoding) {
	text := d.src.Text
	i := startOfLine(text, d.Start)
	for i < d.last {
		n := int(text[i]-' ') & 63
		if n == 0 || n > 45 || text[i] < ' ' || text[i] > '`' {
			break
		}
		i++
		for ; n > 0; n -= 3 {
			var group [4]byte
			to := i
			for k := range group {
				if to < len(text) && text[to] >= ' ' && text[to] <= '`' {
					group[k] = (text[to] - ' ') & 63
					to++
				}
			}
			if to == i {
				break // blanks at the end of a line are often lost
			}
			bytes := [3]byte{group[0]<<2 | group[1]>>4, group[1]<<4 | group[2]>>2, group[2]<<6 | group[3]}
			for k, b := range bytes[:min(n, 3)] {
				d.put(b, min(i+k, to-1), min(i+k+2, to))
			}
			i = to
		}
		for i < len(text) && text[i] == ' ' {
			i++
		}
		end := lineEnd(text[i:])
		if end == 0 {
			break
		}
		i += end
	}
	d.stop(i)
}
