// YAML 1.1 events and documents, for task files and recipes.

#ifndef PARE_CYAML_SHIM_H
#define PARE_CYAML_SHIM_H

#include <yaml.h>

#endif
