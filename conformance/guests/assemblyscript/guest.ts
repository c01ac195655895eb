// The conformance guest for AssemblyScript (spec/v1/guests.md, "PrioStack"): each operation is a function from
// ArrayBuffer to ArrayBuffer, and one that fails throws an Error.
import { Members, quote } from "./json";

@external("env", "log")
declare function log(level: i32, text: ArrayBuffer, length: i32): void;
@external("env", "now")
declare function now(): u64;
@external("env", "random")
declare function random(bytes: ArrayBuffer, length: i32): void;

const LEVELS: string[] = ["debug", "info", "warn", "error"]; // 1 and on

let counted: u64 = 0;

export function contract(input: ArrayBuffer): ArrayBuffer {
  return utf8(
    '{"contract":"plugbay-conformance/1","abi":"priostack","profile":"assemblyscript","language":"assemblyscript",' +
      '"sdk":"assemblyscript","sdk_version":"0.28.20"}',
  );
}

export function echo(input: ArrayBuffer): ArrayBuffer {
  return input.slice(0);
}

export function empty(input: ArrayBuffer): ArrayBuffer {
  return new ArrayBuffer(0);
}

export function reverse(input: ArrayBuffer): ArrayBuffer {
  return Uint8Array.wrap(input.slice(0)).reverse().buffer;
}

export function length(input: ArrayBuffer): ArrayBuffer {
  return utf8(input.byteLength.toString());
}

export function repeat(input: ArrayBuffer): ArrayBuffer {
  const members = new Members(input);
  const text = utf8(members.text("text"));
  const times = members.integer("times");
  if (times < 0 || times > i32.MAX_VALUE) throw new Error("times is out of range");
  const size = <i64>text.byteLength * times;
  if (size > i32.MAX_VALUE) throw new Error("the output is too large");
  const output = new ArrayBuffer(<i32>size);
  const start = changetype<usize>(output);
  for (let at: usize = 0; at < <usize>size; at += text.byteLength) {
    memory.copy(start + at, changetype<usize>(text), text.byteLength);
  }
  return output;
}

export function transform(input: ArrayBuffer): ArrayBuffer {
  const members = new Members(input);
  const name = quote(members.text("name") + " ✓");
  const count = members.integer("count");
  if (count == i64.MAX_VALUE) throw new Error("count is too large");
  const ratio = members.float("ratio") * 2;
  if (!isFinite(ratio)) throw new Error("ratio is too large");
  const flags = members.booleans("flags").reverse();
  const nested = members.raw("nested");
  return utf8(
    `{"name":${name},"count":${count + 1},"ratio":${ratio},"flags":[${flags.join(",")}],` +
      `"nested":${String.UTF8.decodeUnsafe(nested.dataStart, nested.length)},"big":${9007199254740993}}`,
  );
}

export function fail(input: ArrayBuffer): ArrayBuffer {
  throw new Error(String.UTF8.decode(input));
}

export function fail_object(input: ArrayBuffer): ArrayBuffer {
  return utf8(`{"error":${quote(String.UTF8.decode(input))}}`);
}

export function trap(input: ArrayBuffer): ArrayBuffer {
  return unreachable();
}

export function write_log(input: ArrayBuffer): ArrayBuffer {
  const members = new Members(input);
  const level = LEVELS.indexOf(members.text("level"));
  if (level < 0) throw new Error("there is no such level");
  const text = utf8(members.text("text"));
  log(level + 1, text, text.byteLength);
  return utf8("ok");
}

export function current_time(input: ArrayBuffer): ArrayBuffer {
  return utf8(now().toString());
}

export function random_bytes(input: ArrayBuffer): ArrayBuffer {
  const digits = String.UTF8.decode(input);
  const size = I32.parseInt(digits);
  if (size < 0 || size.toString() != digits) throw new Error("the input is no number, or too large");
  const bytes = new ArrayBuffer(size);
  random(bytes, size);
  return bytes;
}

export function count(input: ArrayBuffer): ArrayBuffer {
  return utf8((++counted).toString());
}

function utf8(text: string): ArrayBuffer {
  return String.UTF8.encode(text);
}
