/* device: the state of the device, within libcudart. */
#pragma once

#include "simulation.h"

namespace simulation {

/* What keeps every call from its work: no driver, no device, or a device that was lost; or SUCCESS. */
int device_status();

/* A device that was lost is there again. */
void restore();

}  // namespace simulation
