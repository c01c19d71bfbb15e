// A stand-in for tests.
#pragma once
void MicroPrintf(const char* format, ...);
