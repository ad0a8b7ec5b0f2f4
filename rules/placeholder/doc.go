// Package placeholder tells bodies of keys that can be secret from those that stand for one, and from names in programs
// that happen to start like a key.
//
//	placeholder.Judge(key, body)
//
// A body is judged alone: what stands around it is not asked. What is evidence, and how a random body is told from all
// of it, is said in the comment of package rules.
package placeholder
