// The float that a decimal number means, to the last bit. F64.parseFloat of AssemblyScript 0.28 is off by one in the
// last place now and then, and takes 2.6715825212741317e42 for a number ten thousand times smaller.

const MOST_DIGITS: i32 = 1000;
const MOST_EXPONENT: i32 = 400; // beyond it all is 0, or too large
const INFINITE: u64 = 0x7ff0000000000000;

/** Reads a number as JSON has it. Throws where it is too large for a float, or has more digits than anybody needs. */
export function parseExactly(text: string): f64 {
  if (text.length > MOST_DIGITS) throw new Error("a number has too many digits");
  const wanted = new Decimal(text);
  if (wanted.isLarge) throw new Error("a number is too large");
  const found = wanted.isSmall ? 0 : wanted.isExact ? wanted.exact() : nearest(wanted);
  return text.startsWith("-") ? -found : found;
}

/** The bits of floats rise as the floats do, so that the right one can be found by halves. */
function nearest(wanted: Decimal): f64 {
  let least: u64 = 0;
  let most = INFINITE;
  while (least < most) {
    const between = (least + most) / 2;
    if (wanted.compareToMiddle(between) > 0) least = between + 1;
    else most = between;
  }
  if (least == INFINITE) throw new Error("a number is too large");
  return reinterpret<f64>(least);
}

/** A decimal number without its sign: digits times a power of ten. */
class Decimal {
  private digits: Whole = new Whole();
  private exponent: i32 = 0;

  constructor(text: string) {
    let point = false;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if ((unit | 0x20) == 0x65) {
        this.exponent += I32.parseInt(text.substring(i + 1));
        break;
      }
      if (unit == 0x2e) point = true;
      if (unit < 0x30 || unit > 0x39) continue;
      this.digits.multiply(10, unit - 0x30);
      if (point) this.exponent--;
    }
  }

  /** Whether it is 0, or so small that it counts as 0. */
  get isSmall(): bool {
    return this.digits.isZero || this.exponent < -MOST_DIGITS - MOST_EXPONENT;
  }

  get isLarge(): bool {
    return !this.digits.isZero && this.exponent > MOST_EXPONENT;
  }

  /** Whether digits and power of ten are both floats: then one operation gives the nearest one. */
  get isExact(): bool {
    return this.digits.isFloat && this.exponent >= -22 && this.exponent <= 22;
  }

  exact(): f64 {
    let power: f64 = 1;
    for (let i = abs(this.exponent); i > 0; i--) power *= 10;
    return this.exponent < 0 ? this.digits.toFloat() / power : this.digits.toFloat() * power;
  }

  /** Above 0 where the float behind the one of these bits is nearer, or as near and even; else below 0. */
  compareToMiddle(bits: u64): i32 {
    const normal = bits >> 52 != 0;
    const mantissa = (bits & 0xfffffffffffff) | (normal ? 0x10000000000000 : 0);
    const power = (normal ? <i32>(bits >> 52) : 1) - 1076; // the middle is (2 * mantissa + 1) * 2 ** power
    const here = this.digits.copy();
    const middle = new Whole();
    middle.multiply(0, <u32>((mantissa * 2 + 1) >> 32));
    middle.shift32(<u32>(mantissa * 2 + 1));
    here.scaleByTen(this.exponent);
    middle.scaleByTen(-this.exponent);
    middle.scaleByTwo(power);
    here.scaleByTwo(-power);
    const order = here.compare(middle);
    return order == 0 ? (mantissa & 1 ? 1 : -1) : order;
  }
}

/** A whole number of any size, 32 bits a word, the lowest first. */
class Whole {
  private words: u32[] = [];

  get isZero(): bool {
    return this.words.length == 0;
  }

  /** Whether it is below 2 ** 53. */
  get isFloat(): bool {
    return this.words.length < 2 || (this.words.length == 2 && this.words[1] < 0x200000);
  }

  toFloat(): f64 {
    let value: f64 = 0;
    for (let i = this.words.length - 1; i >= 0; i--) value = value * 0x100000000 + this.words[i];
    return value;
  }

  copy(): Whole {
    const copy = new Whole();
    copy.words = this.words.slice(0);
    return copy;
  }

  multiply(by: u32, add: u32): void {
    let carry: u64 = add;
    for (let i = 0; i < this.words.length; i++) {
      carry += <u64>this.words[i] * by;
      this.words[i] = <u32>carry;
      carry >>= 32;
    }
    if (carry) this.words.push(<u32>carry);
  }

  /** Another lowest word. */
  shift32(low: u32): void {
    this.words.unshift(low);
  }

  /** Times ten to that power; nothing for a negative one. */
  scaleByTen(exponent: i32): void {
    for (; exponent >= 9; exponent -= 9) this.multiply(1_000_000_000, 0);
    for (; exponent > 0; exponent--) this.multiply(10, 0);
  }

  /** Times two to that power; nothing for a negative one. */
  scaleByTwo(exponent: i32): void {
    for (; exponent >= 31; exponent -= 31) this.multiply(0x80000000, 0);
    if (exponent > 0) this.multiply(1 << exponent, 0);
  }

  /** Below, at or above 0 as this is less than the other one, equal to it or more. */
  compare(other: Whole): i32 {
    if (this.words.length != other.words.length) return this.words.length - other.words.length;
    for (let i = this.words.length - 1; i >= 0; i--) {
      if (this.words[i] != other.words[i]) return this.words[i] < other.words[i] ? -1 : 1;
    }
    return 0;
  }
}
