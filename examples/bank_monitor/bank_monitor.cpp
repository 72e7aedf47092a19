// Makes the three layers a plugin.

#include "layers.hpp"

SERVAL_EXPORT(serval::as<bank_monitor::strategy>("strategy"),
              serval::as<bank_monitor::bank>("bank"),
              serval::as<bank_monitor::indicator>("indicator"));
