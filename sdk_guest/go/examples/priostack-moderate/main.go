// A byte function that filters comments: none of a stranger's links, no shouting, and nothing of what is not said here.
package main

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"plugbay.dev/guest/packed"
)

// unsaid are words that a comment is dropped for.
var unsaid = map[string]bool{"spam": true, "casino": true}

//go:wasmexport moderate
func exportModerate(input string) packed.Result { return packed.Call(input, moderate) }

// moderate answers with the comment as it may be shown, or with nothing when it may not be.
func moderate(comment []byte) ([]byte, error) {
	if !utf8.Valid(comment) {
		return nil, errors.New("the comment is not valid UTF-8")
	}
	words := strings.Fields(string(comment))
	for i, word := range words {
		bare := strings.ToLower(strings.TrimFunc(word, unicode.IsPunct))
		if unsaid[bare] {
			packed.Info("a comment was dropped for the word " + bare)
			return nil, nil
		}
		if strings.Contains(word, "://") {
			words[i] = "[link]"
		} else if isShouted(word) {
			words[i] = strings.ToLower(word)
		}
	}
	return []byte(strings.Join(words, " ")), nil
}

func isShouted(word string) bool {
	return utf8.RuneCountInString(word) > 3 && strings.ToUpper(word) == word && strings.ToLower(word) != word
}

func main() {}
