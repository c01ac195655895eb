// An Extism plugin that quotes prices, JSON in and out. The discount is config, the number of quotes a variable.
package main

import (
	"errors"
	"strconv"

	"plugbay.dev/guest/extism"
)

type request struct {
	Item     string `json:"item"`
	Quantity int64  `json:"quantity"`
}

type quote struct {
	Number int64  `json:"number"`
	Item   string `json:"item"`
	Cents  int64  `json:"cents"`
}

// prices are those of one piece, in cents.
var prices = map[string]int64{"bolt": 25, "nut": 10, "wrench": 1990}

//go:wasmexport quote
func exportQuote() int32 { return extism.CallJSON(makeQuote) }

func makeQuote(r request) (quote, error) {
	price, known := prices[r.Item]
	if !known {
		return quote{}, errors.New("there is no item " + r.Item)
	}
	if r.Quantity < 1 || r.Quantity > 1_000_000 {
		return quote{}, errors.New("key quantity: expected 1 to 1000000")
	}
	percent, err := discount()
	if err != nil {
		return quote{}, err
	}
	return quote{next(), r.Item, price * r.Quantity * (100 - percent) / 100}, nil
}

// discount is the percentage that the config names, 0 without one.
func discount() (int64, error) {
	text, found := extism.Config("discount")
	if !found {
		return 0, nil
	}
	percent, err := strconv.ParseInt(text, 10, 64)
	if err != nil || percent < 0 || percent > 100 {
		return 0, errors.New("config discount: expected a percentage")
	}
	return percent, nil
}

// next counts the quotes of this instance.
func next() int64 {
	number := int64(1)
	if text, found := extism.Var("quotes"); found {
		last, _ := strconv.ParseInt(string(text), 10, 64)
		number = last + 1
	}
	extism.SetVar("quotes", strconv.AppendInt(nil, number, 10))
	return number
}

func main() {}
