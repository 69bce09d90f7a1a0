// Which way is the fastest for products of one kind: measured once on a machine, and kept in a
// file.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "way.h"

namespace um::kernels {

// Keeps choices in the file of this name, which is made when the first one is measured. What stands
// there is never measured again and never changes, so that all processes, one after the other or
// at the same time, choose alike: other ways round differently. Without a file that can be written
// nothing is measured, and the first way is taken for what no file tells.
void keep_choices_in(const std::string& path);

// @param kind without spaces or line breaks
// @param ways that can be taken, the usual one first
// @param compute computes a product once
Way choice(
    const std::string& kind, const std::vector<Way>& ways, const std::function<void(Way)>& compute);

// How many choices are known by now.
size_t known_choices();

}  // namespace um::kernels
