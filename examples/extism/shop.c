// An Extism plugin that asks its host: it has no prices of its own.
#include "extism.h"

IMPORT("extism:host/user", lookup) handle lookup(handle key);

// What the host's function `lookup` says of the input.
EXPORT(price) int price(void) { return answer(lookup(input())); }
