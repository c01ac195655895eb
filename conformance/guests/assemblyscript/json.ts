// JSON (RFC 8259) as the operations need it: the members of one object, each by its type. What is wrong throws an Error
// that says so.

import { parseExactly } from "./float";

const MOST_DEPTH: i32 = 256;

const QUOTE: i32 = 0x22;
const BACKSLASH: i32 = 0x5c;

/** Reads values from the left; each function stands before what it reads, and throws when that is not there. */
class Reader {
  at: i32 = 0;

  constructor(private data: Uint8Array) {}

  get next(): i32 {
    return this.at < this.data.length ? <i32>unchecked(this.data[this.at]) : -1;
  }

  take(byte: i32): bool {
    if (this.next != byte) return false;
    this.at++;
    return true;
  }

  need(byte: i32): void {
    if (this.take(byte)) return;
    throw new Error("no JSON: " + String.fromCharCode(byte) + " is missing at byte " + this.at.toString());
  }

  space(): void {
    while (this.take(0x20) || this.take(0x0a) || this.take(0x0d) || this.take(0x09)) continue;
  }

  /** Any value, with the space around it. */
  skip(depth: i32): void {
    if (depth > MOST_DEPTH) throw new Error("the JSON is nested too deep");
    this.space();
    if (this.take(0x7b)) this.skipItems(0x7d, depth);
    else if (this.take(0x5b)) this.skipItems(0x5d, depth);
    else if (this.next == QUOTE) this.skipText();
    else if (!this.word("true") && !this.word("false") && !this.word("null")) this.skipNumber();
    this.space();
  }

  /** What is left of an object or an array, to the byte that closes it. */
  private skipItems(closing: i32, depth: i32): void {
    this.space();
    if (this.take(closing)) return;
    do {
      if (closing == 0x7d) this.skipKey();
      this.skip(depth + 1);
    } while (this.take(0x2c));
    this.need(closing);
  }

  private skipKey(): void {
    this.space();
    this.skipText();
    this.space();
    this.need(0x3a);
  }

  skipText(): void {
    this.need(QUOTE);
    while (!this.take(QUOTE)) this.character();
  }

  /** One character of a text, as the one or two units of UTF-16 that it is: the low half is the first one. */
  character(): u32 {
    const first = this.next;
    if (first < 0x20) throw new Error("no JSON: a text is not closed");
    this.at++;
    if (first == BACKSLASH) return this.escaped();
    if (first < 0x80) return first;
    const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    let point: u32 = first & (0x3f >> more);
    for (let i = 0; i < more; i++) point = (point << 6) | (this.data[this.at++] & 0x3f);
    return point < 0x10000 ? point : pair(point);
  }

  private escaped(): u32 {
    const letter = this.next;
    this.at++;
    switch (letter) {
      case QUOTE:
      case BACKSLASH:
      case 0x2f:
        return letter;
      case 0x62:
        return 8;
      case 0x66:
        return 12;
      case 0x6e:
        return 10;
      case 0x72:
        return 13;
      case 0x74:
        return 9;
      case 0x75:
        return this.unit();
    }
    throw new Error("no JSON: a text has an escape that does not exist");
  }

  private unit(): u32 {
    const first = this.digits();
    if (first < 0xd800 || first > 0xdfff) return first;
    this.need(BACKSLASH);
    this.need(0x75);
    const second = this.digits();
    if (first > 0xdbff || second < 0xdc00 || second > 0xdfff) throw new Error("no JSON: half of a character");
    return first | (second << 16);
  }

  private digits(): u32 {
    let value: u32 = 0;
    for (let i = 0; i < 4; i++) {
      const digit = this.next;
      const letter = digit | 0x20;
      this.at++;
      if (digit >= 0x30 && digit <= 0x39) value = (value << 4) | (digit - 0x30);
      else if (letter >= 0x61 && letter <= 0x66) value = (value << 4) | (letter - 0x57);
      else throw new Error("no JSON: an escape has no four digits");
    }
    return value;
  }

  word(text: string): bool {
    for (let i = 0; i < text.length; i++) {
      const byte = this.at + i < this.data.length ? <i32>this.data[this.at + i] : -1;
      if (byte != text.charCodeAt(i)) return false;
    }
    this.at += text.length;
    return true;
  }

  private skipNumber(): void {
    this.take(0x2d);
    if (!this.take(0x30)) this.skipDigits();
    if (this.take(0x2e)) this.skipDigits();
    if (!this.take(0x65) && !this.take(0x45)) return;
    if (!this.take(0x2b)) this.take(0x2d);
    this.skipDigits();
  }

  private skipDigits(): void {
    const start = this.at;
    while (this.next >= 0x30 && this.next <= 0x39) this.at++;
    if (this.at == start) throw new Error("no JSON: a value is missing at byte " + this.at.toString());
  }
}

/** The units of UTF-16 of a character beyond the first 65,536. */
function pair(point: u32): u32 {
  const rest = point - 0x10000;
  return (0xd800 | (rest >> 10)) | ((0xdc00 | (rest & 0x3ff)) << 16);
}

/** An object's members: the JSON of each value, by key. */
export class Members {
  private values: Map<string, Uint8Array> = new Map();

  constructor(input: ArrayBuffer) {
    const data = Uint8Array.wrap(input);
    checkUtf8(data);
    const reader = new Reader(data);
    reader.skip(0);
    if (reader.at < data.length) throw new Error("no JSON: more than one value");
    reader.at = 0;
    reader.space();
    if (!reader.take(0x7b)) throw new Error("the input is no object");
    reader.space();
    if (reader.next != 0x7d) this.read(reader, data);
  }

  private read(reader: Reader, data: Uint8Array): void {
    do {
      reader.space();
      const key = read(reader, data);
      reader.space();
      reader.need(0x3a);
      reader.space();
      const start = reader.at;
      reader.skip(0);
      this.values.set(key, data.subarray(start, reader.at));
    } while (reader.take(0x2c));
  }

  /** A value's JSON as it stands there. */
  raw(key: string): Uint8Array {
    if (!this.values.has(key)) throw new Error(key + " is missing");
    return this.values.get(key);
  }

  text(key: string): string {
    const value = this.raw(key);
    if (value[0] != QUOTE) throw new Error(key + " is no text");
    return read(new Reader(value), value);
  }

  integer(key: string): i64 {
    const value = this.number(key);
    const negative = value.charCodeAt(0) == 0x2d;
    let result: i64 = 0; // below zero, where there is one more number
    for (let i = negative ? 1 : 0; i < value.length; i++) {
      const digit = value.charCodeAt(i) - 0x30;
      if (digit < 0 || digit > 9) throw new Error(key + " is no integer");
      if (result < (i64.MIN_VALUE + digit) / 10) throw new Error(key + " is too large");
      result = result * 10 - digit;
    }
    if (!negative && result == i64.MIN_VALUE) throw new Error(key + " is too large");
    return negative ? result : -result;
  }

  float(key: string): f64 {
    return parseExactly(this.number(key));
  }

  booleans(key: string): bool[] {
    const found: bool[] = [];
    const reader = new Reader(this.raw(key));
    if (!reader.take(0x5b)) throw new Error(key + " is no array");
    reader.space();
    if (reader.take(0x5d)) return found;
    do {
      reader.space();
      if (reader.word("true")) found.push(true);
      else if (reader.word("false")) found.push(false);
      else throw new Error(key + " has what is no boolean");
      reader.space();
    } while (reader.take(0x2c));
    return found;
  }

  private number(key: string): string {
    const value = this.raw(key);
    if (value[0] != 0x2d && (value[0] < 0x30 || value[0] > 0x39)) throw new Error(key + " is no number");
    return String.UTF8.decodeUnsafe(value.dataStart, value.length).trimEnd();
  }
}

/** The text that a reader stands before. */
function read(reader: Reader, data: Uint8Array): string {
  reader.need(QUOTE);
  const units = new Uint16Array(data.length - reader.at);
  let count = 0;
  while (!reader.take(QUOTE)) {
    const character = reader.character();
    units[count++] = <u16>character;
    if (character >> 16) units[count++] = <u16>(character >> 16);
  }
  return String.UTF16.decodeUnsafe(units.dataStart, count << 1);
}

function checkUtf8(data: Uint8Array): void {
  let at = 0;
  while (at < data.length) {
    const first: u32 = data[at++];
    if (first < 0x80) continue;
    if (first < 0xc2 || first > 0xf4) throw new Error("the input is no UTF-8");
    const more: i32 = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    let point: u32 = first & (0x3f >> more);
    for (let i = 0; i < more; i++) {
      const next: u32 = at < data.length ? data[at++] : 0;
      if ((next & 0xc0) != 0x80) throw new Error("the input is no UTF-8");
      point = (point << 6) | (next & 0x3f);
    }
    const least: u32 = more == 3 ? 0x10000 : more == 2 ? 0x800 : 0x80;
    const surrogate = point >= 0xd800 && point <= 0xdfff;
    if (point < least || point > 0x10ffff || surrogate) throw new Error("the input is no UTF-8");
  }
}

/** A text as JSON. */
export function quote(text: string): string {
  const units = new Uint16Array(6 * text.length + 2); // an escape is six characters
  let at = 0;
  units[at++] = QUOTE;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x20 && unit != QUOTE && unit != BACKSLASH) units[at++] = <u16>unit;
    else at = escape(units, at, unit);
  }
  units[at++] = QUOTE;
  return String.UTF16.decodeUnsafe(units.dataStart, at << 1);
}

function escape(units: Uint16Array, at: i32, unit: i32): i32 {
  units[at++] = BACKSLASH;
  units[at++] = 0x75;
  for (let shift = 12; shift >= 0; shift -= 4) units[at++] = <u16>"0123456789abcdef".charCodeAt((unit >> shift) & 15);
  return at;
}
