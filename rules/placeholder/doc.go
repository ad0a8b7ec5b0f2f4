// Package placeholder tells bodies of keys that can be secret from those that stand for one, and from names in programs
// that happen to start like a key.
//
//	placeholder.JudgeIn(before, key, body, after)
//
// # How a random body is told from a made-up one
//
// A body is written in a code of pieces: words of a dictionary, letters in the order of a language, numbers, runs
// (aaaa, 1234, qwertz, a1b2c3, aaabbbccc) and copies of what stood before. Each piece costs bits: for its kind, for
// which of all pieces of the kind it is, for its case, and for its place, unless it follows another piece. Every
// other character costs what it says in a random body: the logarithm of the size of the smallest alphabet that its
// token fits into (10, 16, 36 or 58). The costs are those of a code that can be read back, which a test checks where
// it is not plain: the shares 2^-cost of all choices add up to 1 at most.
//
// What the best writing saves, against writing all characters one by one, is the gain. Of random bodies at most one in
// 2^g has a gain of g: that is so for each code, since there are no more short texts than that, and so it needs no
// statistics of any alphabet. A body of 24 characters and more is believed to be made up from a gain of 30 bits on (one
// random body in 10^9), one of 16 to 23 from 17 bits on, a shorter one from 12 on. With 32 random characters around it,
// "ExampleOnlyNotARealKey" gains more than enough, "fixture" does not.
//
// Measured: of 24,000,000 random bodies, a million for each of 24, 32, 40 and 99 characters and each of hex, upper-case
// hex, base36, base58, base62 and base64url, none was taken for anything but a secret. By that alone, fewer than one in
// 8,000,000 is, with a confidence of 95 %; the rest is the code's promise.
// SKLEAK_RANDOM_BODIES=1000000 go test -run ManyRandomBodies repeats it.
//
// Rules besides that, and how many random bodies of base64url with 24 characters or more they hit, which is where they
// hit most; the other alphabets have no separators, and none of these hits them:
//
//	a dummy word of six letters or more, set off by a separator, starts or ends it    4 in 10^10
//	one of four or five letters, if what is left has a length that vendors use        none of 24, 32, 40, 99 characters
//	it is one piece twice or more often                                               less than 1 in 10^20
//	words and numbers alone, parted by separators, if they can be pronounced          8 in 10^10
//
// Shorter bodies are judged more freely: if every character is in a piece, if a dummy word starts or ends a token, or
// if they were struck with one hand.
//
// # What it makes of the evidence
//
// A body that is read whole, or nearly, is Dummy if words or runs are in it that nobody puts into a secret, and Name
// if its words are ordinary ones. A name that stands where a secret does (api_key = "…") is Dummy too. Where much of
// a body is random, only what is glued to it counts against it: a token of 20 random characters is a secret, whatever
// slug of a vendor stands before it, but a token that is a dummy word itself (fake_…) marks all of it.
package placeholder
