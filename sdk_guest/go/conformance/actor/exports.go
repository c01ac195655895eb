// The conformance guest of Extism's plugin profile and of Reflow's actors.
package main

import "plugbay.dev/guest/extism"

//go:wasmexport contract
func exportContract() int32 { return extism.Call(contract) }

//go:wasmexport echo
func exportEcho() int32 { return extism.Call(echo) }

//go:wasmexport empty
func exportEmpty() int32 { return extism.Call(empty) }

//go:wasmexport reverse
func exportReverse() int32 { return extism.Call(reverse) }

//go:wasmexport length
func exportLength() int32 { return extism.Call(length) }

//go:wasmexport repeat
func exportRepeat() int32 { return extism.Call(repeat) }

//go:wasmexport transform
func exportTransform() int32 { return extism.CallJSON(transform) }

//go:wasmexport fail
func exportFail() int32 { return extism.Call(fail) }

//go:wasmexport trap
func exportTrap() int32 { return extism.Call(trap) }

//go:wasmexport write_log
func exportWriteLog() int32 { return extism.Call(writeLog) }

//go:wasmexport config_get
func exportConfigGet() int32 { return extism.Call(configGet) }

//go:wasmexport var_get
func exportVarGet() int32 { return extism.Call(varGet) }

//go:wasmexport var_set
func exportVarSet() int32 { return extism.Call(varSet) }

//go:wasmexport count
func exportCount() int32 { return extism.Call(count) }

//go:wasmexport http
func exportHTTP() int32 { return extism.CallJSON(http) }

func main() {}
