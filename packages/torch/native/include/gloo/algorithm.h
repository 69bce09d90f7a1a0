// Stands in for Gloo's own headers where these are not installed; see ../README.md.
#pragma once
