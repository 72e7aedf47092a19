// Offers two backends of one name.

#include "echo.hpp"

SERVAL_EXPORT(serval::as<echo>("echo"), serval::as<echo>("echo"));
