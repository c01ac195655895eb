// A guest in C that answers each message with a copy of itself; freestanding, with a bump allocator.
#define EXPORT(name) __attribute__((export_name(#name)))
__attribute__((import_module("env"), import_name("log"))) void env_log(int level, const char *text, int size);

static unsigned char arena[32768];
static unsigned used;
static unsigned live;

EXPORT(alloc) void *alloc(unsigned size) {
    unsigned at = (used + 15) & ~15u;
    if (size > sizeof arena - at) return 0;
    used = at + size;
    live++;
    return arena + at;
}

EXPORT(free) void release(void *pointer, unsigned size) {
    (void)pointer;
    (void)size;
    if (--live == 0) used = 0;
}

EXPORT(process) unsigned long long process(const unsigned char *input, unsigned size) {
    unsigned char *output = alloc(size);
    if (!output) env_log(4, "out of room", 11);
    for (unsigned i = 0; output && i < size; i++) output[i] = input[i];
    return (unsigned long long)(unsigned long)output << 32 | size;
}
