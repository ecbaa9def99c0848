/*
 * Finding and reading QR codes with zxing-cpp, 1.4 to 3.x. Nothing thrown in here gets
 * out, and nothing is constructed before it is called.
 */
#include "qr/reader.h"

#include <cstring>
#include <new>

#define ZX_USE_UTF8 /* 1.4: the coming API; without it, a notice at each compilation */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow" /* in its headers */
#include <ZXing/ReadBarcode.h>
#pragma GCC diagnostic pop

namespace
{

/* 2.2 gave the options a new name, and a header of that name. */
#if __has_include(<ZXing/ReaderOptions.h>)
using Options = ZXing::ReaderOptions;
#else
using Options = ZXing::DecodeHints;
#endif

enum err
read(char *payload, size_t size, size_t *ret_len, const ZXing::ImageView &image)
{
	/* Two symbols at most: enough to know that there is more than one. */
	const auto found = ZXing::ReadBarcodes(
		image, Options()
			       .setFormats(ZXing::BarcodeFormat::QRCode)
			       .setTryHarder(true)
			       .setMaxNumberOfSymbols(2));

	if (found.size() != 1 || !found[0].isValid() || found[0].isPartOfSequence())
		return ERR_QR_UNREADABLE;
	const auto &bytes = found[0].bytes();
	if (bytes.size() > size)
		return ERR_QR_PAYLOAD;
	if (!bytes.empty())
		std::memcpy(payload, bytes.data(), bytes.size());
	*ret_len = bytes.size();
	return ERR_OK;
}

} // namespace

extern "C" enum err
reader_read(char *payload, size_t size, size_t *ret_len, const unsigned char *pixels,
	int width, int height)
{
	try {
		return read(payload, size, ret_len,
			{pixels, width, height, ZXing::ImageFormat::Lum});
	} catch (const std::bad_alloc &) {
		return ERR_NOMEM;
	} catch (...) {
		return ERR_QR_UNREADABLE;
	}
}
