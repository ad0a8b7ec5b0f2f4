package inflate

import "sync"

const (
	literalSymbols  = 286 // 0–255, the end of the block, 29 lengths
	distanceSymbols = 30

	endOfBlock  = 256
	firstLength = 257

	// The fixed codes count symbols that must not occur.
	fixedLiteralSymbols  = 288
	fixedDistanceSymbols = 32
)

// Templates of entries by symbol: RFC 1951, section 3.2.5. To be read only.
var (
	literalTemplates  = makeLiteralTemplates()
	distanceTemplates = makeDistanceTemplates()
)

func makeLiteralTemplates() (t [fixedLiteralSymbols]entry) {
	for symbol := range endOfBlock {
		t[symbol] = isLiteral | entry(symbol)<<valueShift
	}
	t[endOfBlock] = isSpecial | isEnd
	base := entry(3)
	for i := range entry(28) { // four symbols for each number of extra bits, eight for none
		extra := max(i/4, 1) - 1
		t[firstLength+i] = base<<valueShift | extra
		base += 1 << extra
	}
	t[285] = 258 << valueShift
	t[286], t[287] = isSpecial, isSpecial
	return t
}

func makeDistanceTemplates() (t [fixedDistanceSymbols]entry) {
	base := entry(1)
	for i := range entry(distanceSymbols) { // two symbols for each number of extra bits, four for none
		extra := max(i/2, 1) - 1
		t[i] = base<<valueShift | extra
		base += 1 << extra
	}
	t[30], t[31] = isSpecial, isSpecial
	return t
}

// fixedTables are those of the fixed codes: RFC 1951, section 3.2.6. Made when first needed, to be read only.
var fixedTables = sync.OnceValue(func() *tables {
	var codes []symbolCode
	for symbol := range fixedLiteralSymbols {
		length := 8
		switch {
		case symbol >= 280:
		case symbol >= 256:
			length = 7
		case symbol >= 144:
			length = 9
		}
		codes = append(codes, makeSymbolCode(symbol, length))
	}
	t := new(tables)
	t.build(t.literal[:], codes, literalTemplates[:], 0, literalRoot)
	codes = codes[:0]
	for symbol := range fixedDistanceSymbols {
		codes = append(codes, makeSymbolCode(symbol, 5))
	}
	t.build(t.distance[:], codes, distanceTemplates[:], 0, distanceRoot)
	return t
})
