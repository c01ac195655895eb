// A gear that answers JSON requests, which come as raw bytes, with JSON: how much an amount is in another currency.
package main

import (
	"errors"
	"math"

	"plugbay.dev/guest/fluxrig"
	"plugbay.dev/guest/strictjson"
)

// rates are what one euro is, in each currency.
var rates = map[string]float64{"EUR": 1, "USD": 1.08, "CHF": 0.95, "JPY": 163.2}

type request struct {
	From   string  `json:"from"`
	To     string  `json:"to"`
	Amount float64 `json:"amount"`
}

type response struct {
	Amount   float64 `json:"amount"`
	Currency string  `json:"currency"`
}

func init() { fluxrig.Handle(answer) }

func answer(m *fluxrig.Message) ([]*fluxrig.Message, error) {
	r, err := strictjson.Read[request](m.Raw)
	if err != nil {
		return nil, err
	}
	converted, err := convert(r)
	if err != nil {
		return nil, err
	}
	encoded, err := strictjson.Marshal(converted)
	if err != nil {
		return nil, err
	}
	reply := m.Reply(nil)
	reply.Raw = encoded
	reply.SetMeta("content-type", "application/json")
	return fluxrig.Send(reply)
}

func convert(r request) (response, error) {
	from, knowsFrom := rates[r.From]
	to, knowsTo := rates[r.To]
	if !knowsFrom || !knowsTo {
		return response{}, errors.New("there is no rate from " + r.From + " to " + r.To)
	}
	return response{math.Round(r.Amount/from*to*100) / 100, r.To}, nil
}

func main() {}
