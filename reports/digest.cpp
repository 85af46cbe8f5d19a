#include "reports/digest.h"
