// A byte function that adds up a shopping cart, JSON in and out.
package main

import (
	"errors"
	"math"

	"plugbay.dev/guest/packed"
)

type line struct {
	Name     string `json:"name"`
	Cents    int64  `json:"cents"`
	Quantity int64  `json:"quantity"`
}

type cart struct {
	Lines []line `json:"lines"`
	// Coupon is a percentage off, if there is one.
	Coupon int64 `json:"coupon,omitempty"`
}

type totals struct {
	Items    int64 `json:"items"`
	Subtotal int64 `json:"subtotal"`
	Off      int64 `json:"off"`
	Shipping int64 `json:"shipping"`
	Total    int64 `json:"total"`
}

const (
	shipping     = 490
	freeShipping = 5000
	most         = math.MaxInt32
)

//go:wasmexport total_cart
func exportTotal(input string) packed.Result { return packed.CallJSON(input, total) }

func total(c cart) (totals, error) {
	if c.Coupon < 0 || c.Coupon > 100 {
		return totals{}, errors.New("key coupon: expected 0 to 100")
	}
	var t totals
	for _, l := range c.Lines {
		if l.Cents < 0 || l.Cents > most || l.Quantity < 1 || l.Quantity > 1000 {
			return totals{}, errors.New("the line " + l.Name + " makes no sense")
		}
		t.Items += l.Quantity
		t.Subtotal += l.Cents * l.Quantity
	}
	t.Off = t.Subtotal * c.Coupon / 100
	t.Total = t.Subtotal - t.Off
	if t.Items > 0 && t.Total < freeShipping {
		t.Shipping = shipping
		t.Total += shipping
	}
	return t, nil
}

func main() {}
