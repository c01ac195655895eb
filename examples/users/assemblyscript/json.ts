// Reads JSON (RFC 8259) from the left, without building a tree. A function that returns a bool is false when the input
// is not valid; the reader is of no use then.

// A character of a string, or one of these.
const QUOTE: i32 = -1;
const INVALID: i32 = -2;

const LETTERS = "btn\0fr"; // of the escapes of characters 8 to 13

/** A string that was read: what stands between its quotes, escapes and all. It is valid. */
export class Text {
  constructor(public raw: Uint8Array) {}

  get empty(): bool {
    return this.raw.length == 0;
  }

  says(word: string): bool {
    const reader = new Reader(this.raw);
    for (let i = 0; i < word.length; i++) if (reader.character() != word.charCodeAt(i)) return false;
    return reader.ended;
  }
}

export class Reader {
  private at: i32 = 0;

  constructor(private data: Uint8Array) {}

  get ended(): bool {
    return this.at == this.data.length;
  }

  private get next(): i32 {
    return this.ended ? INVALID : <i32>unchecked(this.data[this.at]);
  }

  /** Whether the next byte is this one, which is then read. */
  take(byte: i32): bool {
    if (this.next != byte) return false;
    this.at++;
    return true;
  }

  space(): void {
    while (this.take(0x20) || this.take(0x0a) || this.take(0x0d) || this.take(0x09)) continue;
  }

  /** Whether the next byte but space is this one, which is then read with the space around it. */
  punctuation(byte: i32): bool {
    this.space();
    if (!this.take(byte)) return false;
    this.space();
    return true;
  }

  /** A whole string, quotes included; null when it is none. */
  text(): Text | null {
    if (!this.take(0x22)) return null;
    const start = this.at;
    let next = this.character();
    while (next >= 0) next = this.character();
    return next == QUOTE ? new Text(this.data.subarray(start, this.at - 1)) : null;
  }

  /** The next character of a string whose first quote was read; QUOTE at its end. */
  character(): i32 {
    const first = this.next;
    if (first < 0x20) return INVALID;
    this.at++;
    if (first == 0x22) return QUOTE;
    if (first == 0x5c) return this.escaped();
    if (first < 0x80) return first;
    if (first < 0xc0 || first > 0xf7) return INVALID;
    const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    let value = first & (0x3f >> more);
    for (let i = 0; i < more; i++) {
      const next = this.next;
      if ((next & 0xc0) != 0x80 || next < 0) return INVALID;
      value = (value << 6) | (next & 0x3f);
      this.at++;
    }
    const least = more == 3 ? 0x10000 : more == 2 ? 0x800 : 0x80;
    const surrogate = value >= 0xd800 && value <= 0xdfff;
    return value < least || surrogate || value > 0x10ffff ? INVALID : value;
  }

  /** What a backslash begins; characters beyond the first 65536 are two escapes. */
  private escaped(): i32 {
    const letter = this.next;
    this.at++;
    switch (letter) {
      case 0x22: // "
      case 0x5c: // \
      case 0x2f: // /
        return letter;
      case 0x75: // u
        return this.code();
    }
    const found = letter < 0 ? -1 : LETTERS.indexOf(String.fromCharCode(letter));
    return found < 0 || letter == 0 ? INVALID : 8 + found;
  }

  private code(): i32 {
    const first = this.fourDigits();
    if (first < 0xd800 || first > 0xdfff) return first;
    if (first > 0xdbff || !this.take(0x5c) || !this.take(0x75)) return INVALID;
    const second = this.fourDigits();
    if (second < 0xdc00 || second > 0xdfff) return INVALID;
    return 0x10000 + (((first - 0xd800) << 10) | (second - 0xdc00));
  }

  private fourDigits(): i32 {
    let value = 0;
    for (let i = 0; i < 4; i++) {
      const digit = this.next;
      const letter = digit | 0x20;
      if (digit >= 0x30 && digit <= 0x39) value = (value << 4) | (digit - 0x30);
      else if (letter >= 0x61 && letter <= 0x66) value = (value << 4) | (letter - 0x61 + 10);
      else return INVALID;
      this.at++;
    }
    return value;
  }

  /**
   * Any value at all. Texts in it need not be UTF-8. It keeps what closes each open container instead of calling itself,
   * so nothing is nested too deeply.
   */
  skip(): bool {
    const closing: u8[] = [];
    do {
      if (closing.length > 0 && closing[closing.length - 1] == 0x7d) {
        this.space();
        if (!this.skipText() || !this.punctuation(0x3a)) return false;
      }
      this.space();
      let empty = true;
      if (this.take(0x7b)) closing.push(0x7d);
      else if (this.take(0x5b)) closing.push(0x5d);
      else if (this.skipScalar()) empty = false;
      else return false;
      while (closing.length > 0 && this.punctuation(closing[closing.length - 1])) {
        closing.pop();
        empty = false;
      }
      if (closing.length > 0 && !empty && !this.take(0x2c)) return false;
    } while (closing.length > 0);
    return true;
  }

  private skipScalar(): bool {
    switch (this.next) {
      case 0x22:
        return this.skipText();
      case 0x74:
        return this.skipWord("true");
      case 0x66:
        return this.skipWord("false");
      case 0x6e:
        return this.skipWord("null");
      default:
        return this.skipNumber();
    }
  }

  private skipText(): bool {
    if (!this.take(0x22)) return false;
    while (this.next >= 0x20) {
      const byte = this.next;
      this.at++;
      if (byte == 0x22) return true;
      if (byte != 0x5c) continue;
      if ((this.take(0x75) ? this.fourDigits() : this.escaped()) == INVALID) return false;
    }
    return false;
  }

  private skipWord(word: string): bool {
    for (let i = 0; i < word.length; i++) if (!this.take(word.charCodeAt(i))) return false;
    return true;
  }

  private skipNumber(): bool {
    this.take(0x2d);
    if (!this.take(0x30) && !this.skipDigits()) return false;
    if (this.take(0x2e) && !this.skipDigits()) return false;
    if (!this.take(0x65) && !this.take(0x45)) return true;
    if (!this.take(0x2b)) this.take(0x2d);
    return this.skipDigits();
  }

  private skipDigits(): bool {
    const start = this.at;
    while (this.next >= 0x30 && this.next <= 0x39) this.at++;
    return this.at > start;
  }
}

/** Writes JSON into a buffer of a size that is known to be enough. */
export class Writer {
  private bytes: Uint8Array;
  private at: i32 = 0;

  constructor(most: i32) {
    this.bytes = new Uint8Array(most);
  }

  /** What was written. */
  finish(): ArrayBuffer {
    return this.bytes.buffer.slice(0, this.at);
  }

  /** ASCII as it is. */
  ascii(text: string): void {
    for (let i = 0; i < text.length; i++) this.put(text.charCodeAt(i));
  }

  /** A string that was read, with no more escapes than JSON asks for. It never gets longer by that. */
  text(text: Text): void {
    const reader = new Reader(text.raw);
    this.put(0x22);
    while (!reader.ended) this.character(reader.character());
    this.put(0x22);
  }

  private put(byte: i32): void {
    unchecked((this.bytes[this.at++] = <u8>byte));
  }

  private character(value: i32): void {
    if (value < 0x20 || value == 0x22 || value == 0x5c) this.escape(value);
    else if (value < 0x80) this.put(value);
    else {
      let more = value >= 0x10000 ? 3 : value >= 0x800 ? 2 : 1;
      this.put((0xff00 >> (more + 1)) | (value >> (6 * more)));
      while (more-- > 0) this.put(0x80 | ((value >> (6 * more)) & 0x3f));
    }
  }

  private escape(value: i32): void {
    this.put(0x5c);
    if (value >= 0x20) this.put(value);
    else if (value >= 8 && value <= 13 && value != 11) this.put(LETTERS.charCodeAt(value - 8));
    else {
      this.ascii("u00");
      this.put(0x30 + (value >> 4));
      this.put("0123456789abcdef".charCodeAt(value & 15));
    }
  }
}
