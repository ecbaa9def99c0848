// The floor's picture: JPEG to grey pixels, zxing-cpp to bytes, libqrencode to half
// blocks.
#include "floor.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <jpeglib.h>
#include <qrencode.h>
#define ZX_USE_UTF8
#include <ZXing/ReadBarcode.h>

namespace
{

std::string
read(const unsigned char *jpeg, size_t len)
{
	jpeg_error_mgr error;
	jpeg_decompress_struct image;

	image.err = jpeg_std_error(&error);
	jpeg_create_decompress(&image);
	jpeg_mem_src(&image, jpeg, static_cast<unsigned long>(len));
	jpeg_read_header(&image, TRUE);
	image.out_color_space = JCS_GRAYSCALE;
	jpeg_start_decompress(&image);

	const int width = static_cast<int>(image.output_width);
	const int height = static_cast<int>(image.output_height);
	std::vector<unsigned char> pixels(static_cast<size_t>(width) * height);
	while (image.output_scanline < image.output_height) {
		JSAMPROW row =
			&pixels[static_cast<size_t>(image.output_scanline) * width];
		jpeg_read_scanlines(&image, &row, 1);
	}
	jpeg_finish_decompress(&image);
	jpeg_destroy_decompress(&image);

	const auto found = ZXing::ReadBarcode(
		{pixels.data(), width, height, ZXing::ImageFormat::Lum},
		ZXing::DecodeHints().setFormats(ZXing::BarcodeFormat::QRCode));
	if (!found.isValid())
		floor_die("QR code");
	const auto &bytes = found.bytes();
	return {bytes.begin(), bytes.end()};
}

// Light ink on dark, two rows of modules a line, quiet zone 1.
std::string
draw(const QRcode *code)
{
	static const char *const ink[] = {"█", "▄", "▀", " "};
	const auto dark = [code](int x, int y) {
		return x >= 0 && y >= 0 && x < code->width && y < code->width &&
		       (code->data[y * code->width + x] & 1) != 0;
	};
	std::string out;

	for (int y = -1; y <= code->width; y += 2) {
		for (int x = -1; x <= code->width; x++)
			out += ink[dark(x, y) * 1 + dark(x, y + 1) * 2];
		out += '\n';
	}
	return out;
}

} // namespace

extern "C" char *
qr_redraw(const char *base64, size_t len)
{
	size_t jpeg_len;
	unsigned char *jpeg = jose_unbase64(base64, len, &jpeg_len);
	const std::string payload = read(jpeg, jpeg_len);
	QRcode *code = QRcode_encodeString8bit(payload.c_str(), 0, QR_ECLEVEL_L);

	free(jpeg);
	if (code == nullptr)
		floor_die("encode");
	char *out = strdup((draw(code) + payload + "\n").c_str());
	QRcode_free(code);
	return out;
}
