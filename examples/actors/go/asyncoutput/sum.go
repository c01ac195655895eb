package main

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"

	pdk "github.com/extism/go-pdk"
	"plugbay.example/actors/actor"
)

// summarise sums the readings, reports on the way, and raises the totals that the host keeps.
func summarise(readings []json.RawMessage, config settings) (summary, error) {
	result := summary{Readings: len(readings)}
	chunk := strconv.FormatInt(config.chunk, 10)
	pdk.Log(pdk.LogInfo, strconv.Itoa(len(readings))+" readings in chunks of "+chunk)
	var err error
	if result.Sum, err = sumInChunks(readings, config); err != nil {
		return result, err
	}
	if result.Seen, err = raise("seen", int64(len(readings))); err != nil {
		return result, err
	}
	result.Total, err = raise("total", result.Sum)
	return result, err
}

// sumInChunks sums the readings and reports after each chunk of them.
func sumInChunks(readings []json.RawMessage, config settings) (int64, error) {
	var sum int64
	done := 0
	for chunk := range slices.Chunk(readings, int(config.chunk)) {
		for _, reading := range chunk {
			done++
			number, err := examine(reading, done, config)
			if err != nil {
				return 0, err
			}
			if sum, err = plus(sum, number); err != nil {
				return 0, err
			}
		}
		pdk.Log(pdk.LogDebug, strconv.Itoa(done)+" of "+strconv.Itoa(len(readings)))
		progress := map[string]any{"done": done, "of": len(readings), "sum": sum}
		if err := actor.SendOutput(map[string]any{"progress": progress}); err != nil {
			return 0, err
		}
	}
	return sum, nil
}

// examine returns the reading as a number; one above the limit is reported at once.
func examine(reading json.RawMessage, place int, config settings) (int64, error) {
	name := "reading " + strconv.Itoa(place)
	number, err := strconv.ParseInt(string(reading), 10, 64)
	if err != nil {
		return 0, errors.New(name + " is not a whole number of 64 bits")
	}
	if config.limit == nil || number <= *config.limit {
		return number, nil
	}
	pdk.Log(pdk.LogWarn, name+" is above the limit")
	text := name + " is " + strconv.FormatInt(number, 10) + ", above the limit of " + strconv.FormatInt(*config.limit, 10)
	return number, actor.SendOutput(map[string]any{"alert": text})
}

// raise adds to a number that the host keeps, and returns the new one.
func raise(key string, by int64) (int64, error) {
	var kept int64
	if err := actor.GetState(key, &kept); err != nil {
		return 0, err
	}
	raised, err := plus(kept, by)
	if err != nil {
		return 0, err
	}
	return raised, actor.SetState(key, raised)
}

func plus(a, b int64) (int64, error) {
	sum := a + b
	if (sum > a) != (b > 0) {
		return 0, errors.New("the sum does not fit into 64 bits")
	}
	return sum, nil
}
