// The PrioStack user service in AssemblyScript: ArrayBuffer in, ArrayBuffer out.
import { Reader, Text, Writer } from "./json";

@external("env", "log")
declare function log(level: i32, text: ArrayBuffer, length: i32): void;

const INFO: i32 = 2;

class Request {
  email: Text | null = null;
  name: Text | null = null;

  /** Reads an object with both fields or, as in Rust, an array of them in order; whether that was right. */
  read(input: ArrayBuffer): bool {
    const reader = new Reader(Uint8Array.wrap(input));
    const read = reader.punctuation(0x5b) ? this.readArray(reader) : this.readObject(reader);
    return read && reader.ended && this.email != null && this.name != null;
  }

  private readArray(reader: Reader): bool {
    this.email = reader.text();
    if (this.email == null || !reader.punctuation(0x2c)) return false;
    this.name = reader.text();
    return this.name != null && reader.punctuation(0x5d);
  }

  private readObject(reader: Reader): bool {
    if (!reader.punctuation(0x7b)) return false;
    if (reader.punctuation(0x7d)) return true;
    do {
      const key = reader.text();
      if (key == null || !reader.punctuation(0x3a) || !this.readMember(reader, key)) return false;
    } while (reader.punctuation(0x2c));
    return reader.punctuation(0x7d);
  }

  private readMember(reader: Reader, key: Text): bool {
    const email = key.says("email");
    if (!email && !key.says("name")) return reader.skip();
    if ((email ? this.email : this.name) != null) return false;
    const text = reader.text();
    if (email) this.email = text;
    else this.name = text;
    return text != null;
  }
}

/** The user that the request asks for, or an object with the single key `error`. */
export function createUser(input: ArrayBuffer): ArrayBuffer {
  const request = new Request();
  if (!request.read(input)) return String.UTF8.encode('{"error": "Invalid input"}');
  const email = request.email!;
  const name = request.name!;
  if (email.empty || name.empty) return String.UTF8.encode('{"error": "Email and name are required"}');
  const out = new Writer(email.raw.length + name.raw.length + 64);
  out.ascii('{"id":"user_123","email":');
  out.text(email);
  out.ascii(',"name":');
  out.text(name);
  out.ascii("}");
  return out.finish();
}

export function echo(input: ArrayBuffer): ArrayBuffer {
  return input.slice(0);
}

/** Fails with the input as its message. */
export function fail(input: ArrayBuffer): ArrayBuffer {
  throw new Error(String.UTF8.decode(input));
}

/** Logs the input and returns nothing. */
export function logLine(input: ArrayBuffer): ArrayBuffer {
  log(INFO, input, input.byteLength);
  return new ArrayBuffer(0);
}

/** A random whole number as JSON. */
export function random(input: ArrayBuffer): ArrayBuffer {
  return String.UTF8.encode(((Math.random() * 1_000_000) as i32).toString());
}
