// The conformance guest of PrioStack's packed convention.
package main

import "plugbay.dev/guest/packed"

//go:wasmexport contract
func exportContract(input string) packed.Result { return packed.Call(input, contract) }

//go:wasmexport echo
func exportEcho(input string) packed.Result { return packed.Call(input, echo) }

//go:wasmexport empty
func exportEmpty(input string) packed.Result { return packed.Call(input, empty) }

//go:wasmexport reverse
func exportReverse(input string) packed.Result { return packed.Call(input, reverse) }

//go:wasmexport length
func exportLength(input string) packed.Result { return packed.Call(input, length) }

//go:wasmexport repeat
func exportRepeat(input string) packed.Result { return packed.Call(input, repeat) }

//go:wasmexport transform
func exportTransform(input string) packed.Result { return packed.CallJSON(input, transform) }

//go:wasmexport fail
func exportFail(input string) packed.Result { return packed.Call(input, fail) }

//go:wasmexport fail_object
func exportFailObject(input string) packed.Result { return packed.Call(input, failObject) }

//go:wasmexport trap
func exportTrap(input string) packed.Result { return packed.Call(input, trap) }

//go:wasmexport write_log
func exportWriteLog(input string) packed.Result { return packed.Call(input, writeLog) }

//go:wasmexport current_time
func exportCurrentTime(input string) packed.Result { return packed.Call(input, currentTime) }

//go:wasmexport random_bytes
func exportRandomBytes(input string) packed.Result { return packed.Call(input, randomBytes) }

//go:wasmexport count
func exportCount(input string) packed.Result { return packed.Call(input, count) }

func main() {}
