// An Extism plugin in C: counts the vowels of its input, and keeps a total in a var. Freestanding; the few declarations
// that Extism's C PDK would give it are written out.
typedef unsigned char u8;
typedef unsigned long long u64;
typedef u64 handle; // of a block in Extism's memory; 0 is none

#define EXTISM(name) __attribute__((import_module("extism:host/env"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))

EXTISM(input_length) u64 input_length(void);
EXTISM(input_load_u8) u8 input_load_u8(u64 offset);
EXTISM(alloc) handle alloc(u64 size);
EXTISM(length) u64 length(handle block);
EXTISM(load_u8) u8 load_u8(u64 at);
EXTISM(store_u8) void store_u8(u64 at, u8 value);
EXTISM(output_set) void output_set(handle block, u64 size);
EXTISM(error_set) void error_set(handle text);
EXTISM(config_get) handle config_get(handle key);
EXTISM(var_get) handle var_get(handle key);
EXTISM(var_set) void var_set(handle key, handle value);
EXTISM(log_info) void log_info(handle text);

#define TEXT(literal) block((const u8 *)(literal), sizeof(literal) - 1)
#define DIGITS 20 // of the largest u64

static handle block(const u8 *bytes, u64 size) {
    handle made = alloc(size);
    for (u64 i = 0; i < size; i++) store_u8(made + i, bytes[i]);
    return made;
}

static handle decimal(u64 number) {
    u8 digits[DIGITS];
    int first = DIGITS;
    do {
        digits[--first] = (u8)('0' + number % 10);
        number /= 10;
    } while (number);
    return block(digits + first, DIGITS - first);
}

static u64 number_in(handle text) {
    u64 number = 0;
    for (u64 i = 0; i < length(text); i++) number = number * 10 + (load_u8(text + i) - '0');
    return number;
}

// The vowels are those of the config value `vowels`, or the five of English.
static int is_vowel(u8 letter, handle vowels) {
    static const u8 usual[] = "aeiouAEIOU";
    u64 count = vowels ? length(vowels) : sizeof usual - 1;
    for (u64 i = 0; i < count; i++)
        if (letter == (vowels ? load_u8(vowels + i) : usual[i])) return 1;
    return 0;
}

EXPORT(count_vowels) int count_vowels(void) {
    handle vowels = config_get(TEXT("vowels"));
    u64 count = 0;
    if (input_length() == 0) {
        error_set(TEXT("there is no text"));
        return 7;
    }
    for (u64 i = 0; i < input_length(); i++) count += is_vowel(input_load_u8(i), vowels);
    handle kept = var_get(TEXT("total"));
    var_set(TEXT("total"), decimal(count + (kept ? number_in(kept) : 0)));
    log_info(TEXT("counted"));
    handle text = decimal(count);
    output_set(text, length(text));
    return 0;
}

EXPORT(total) int total(void) {
    handle kept = var_get(TEXT("total"));
    handle text = kept ? kept : TEXT("0");
    output_set(text, length(text));
    return 0;
}
