/* setting: what is simulated is said by the environment. */
#pragma once

#include <cstdint>
#include <cstdlib>

namespace simulation {

/* The number that a variable of the environment holds. */
inline int64_t setting(const char* name, int64_t otherwise) {
    const char* text = std::getenv(name);
    return text != nullptr && *text != '\0' ? std::strtoll(text, nullptr, 10) : otherwise;
}

}  // namespace simulation
