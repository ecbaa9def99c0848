/* Made by jose_make.py with an independent implementation. Test keys only. */
/* clang-format off */
#ifndef JOSE_DATA_H
#define JOSE_DATA_H

#define DATA_ENC_JWK \
	"{\"d\":\"AsXwn4rT1nHwVcbFIb4I4ir5PN2gLDgvCJ-skX6Jr9rRMQSG-LAVBETxT5" \
	"utK936gRNC4VAIjYWOk-Xxib3unzUNdA8UYzEcK7SI9Jq_p5427jrQss8wfoIFj3" \
	"d4XGde2BvB3EhAa30dS0NPvdm01j71DZFRQeKn6M9Tiirx1_kOWF6pVV8xWRo4Dd" \
	"ErchWwOf_1AfS972ERvlwv--jNzfCodKkBg9TcdNuWxao0NI6cMNWDpicFDCCQYq" \
	"EgH4HFznwQABmIBCxVciCcBo6YH02vwbEghNgJZk9TkMM1as4B1OzjcTCsaucCwO" \
	"v-Ef9p8ITRRmXtEtPjfaTO21ZLwQ\",\"dp\":\"KS76uxutQndKSKBkIBRCG5ma4zW9" \
	"Y0RjHy2rTZGydqcfjEbl5Phhugq2Wa_dmgJWqsREds4wHNpn2A-lpFGfNVYtk1L8" \
	"HyxMPIPL3WgbUu1ojioiLjkCypB9qoEjavi0Hg8BwbDbeQHYSbpU9P0PjjtJe53r" \
	"_oI-3Z4g_1C7QRE\",\"dq\":\"dGaaRx3XolrWMBgno87rEurjhk7L9H8Io_7Wb8SIG" \
	"SqmyRwU9ExEhmEbMurubC4YJCoRqEaNDGKtIWHsHfWn71njZpjfTWCxE_z_xQ1cp" \
	"sgjHFpkJ3Fp1wAkp_CZzRnR3f3ZucVj5ABMT0r3fRpoBUlgg7FeWgE2IHQ4ofATl" \
	"YE\",\"e\":\"AQAB\",\"kid\":\"enc-1\",\"kty\":\"RSA\",\"n\":\"vpLFU3xefnjV_3UyN4" \
	"JoX6hU6l8Rl06AF0ZuVku2fOwqTP96HDu2vs98WQyBuziWeG3pK2mTMwPEmPHXA2" \
	"XRBz6A-lJLIhLJcSYcMHCK4K0EblMG3JZWDUIRvzcqsnf0c6d57c9vPt9gpyCII2" \
	"tFoOLnsmNwx2vnoXDrR2HDNi-ub6YRhIwu96b2tlxlM57TM0VF3SxVI4OWANqeGi" \
	"imtSOMg2AlEEMaHw8B3Yldbo0EW_KJeQb9Oxt7VQN-4tze-SIAzKugzxOMMxr5Hn" \
	"ltOUoO8_pxVMzNpuqDroseQCELnr7z_XIGY6PP9zPAmnVWt4Em6DU5GRkfdKPFsz" \
	"0e8Q\",\"p\":\"6CLJPm3gYr1TKLnCDXBy1175IFubW29Dm1o3mZh5MXb3VXXonUGxt" \
	"t3nN4Lsd6_e0lV0sgyz0dF4SwZx1LJr0eGiuNQ9FKPMfxZErX-9qU9zV2dK7yN-L" \
	"JeTNdndFRLZYC0WlWG33fIRvKOx3b2mjGdNBA9nYfZMZgIKByC1dzE\",\"q\":\"0io" \
	"qf234sdvsDB53Rof_ORlAfAgVk4zSpOOfc9AKXYnhauzuC-KqnC_pzFUmZySMrPL" \
	"TAYn5j3b2SCDuxsIpMe6c_0hVA-91H1fGzX8PVWoEENo-RkGZdMsIFUBukhLPNTf" \
	"I_GzSPNL2pSt6gaR93_2O8Cw_x8z-3oQekVHHs8E\",\"qi\":\"niVw9GaJvalG_mQr" \
	"-D3TO31056PkBNNfFaP7x7ERUFR0OFN2znGFhe7_poueyTc9-6mmI-NlOhyefQ-I" \
	"0euE3LqmuF0UV3HijQwdRIcSbbldhJ4a7EPlR-8MhGAg5vSFNw5nSbQ1S1iRhstV" \
	"8FnOZ3-NaMUiD4O2sMMUJfce_lg\",\"use\":\"enc\"}"

#define DATA_ENC_PEM \
	"-----BEGIN PRIVATE KEY-----\n" \
	"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC+ksVTfF5+eNX/\n" \
	"dTI3gmhfqFTqXxGXToAXRm5WS7Z87CpM/3ocO7a+z3xZDIG7OJZ4bekraZMzA8SY\n" \
	"8dcDZdEHPoD6UksiEslxJhwwcIrgrQRuUwbcllYNQhG/Nyqyd/Rzp3ntz28+32Cn\n" \
	"IIgja0Wg4ueyY3DHa+ehcOtHYcM2L65vphGEjC73pva2XGUzntMzRUXdLFUjg5YA\n" \
	"2p4aKKa1I4yDYCUQQxofDwHdiV1ujQRb8ol5Bv07G3tVA37i3N75IgDMq6DPE4wz\n" \
	"GvkeeW05Sg7z+nFUzM2m6oOuix5AIQuevvP9cgZjo8/3M8CadVa3gSboNTkZGR90\n" \
	"o8WzPR7xAgMBAAECggEAAsXwn4rT1nHwVcbFIb4I4ir5PN2gLDgvCJ+skX6Jr9rR\n" \
	"MQSG+LAVBETxT5utK936gRNC4VAIjYWOk+Xxib3unzUNdA8UYzEcK7SI9Jq/p542\n" \
	"7jrQss8wfoIFj3d4XGde2BvB3EhAa30dS0NPvdm01j71DZFRQeKn6M9Tiirx1/kO\n" \
	"WF6pVV8xWRo4DdErchWwOf/1AfS972ERvlwv++jNzfCodKkBg9TcdNuWxao0NI6c\n" \
	"MNWDpicFDCCQYqEgH4HFznwQABmIBCxVciCcBo6YH02vwbEghNgJZk9TkMM1as4B\n" \
	"1OzjcTCsaucCwOv+Ef9p8ITRRmXtEtPjfaTO21ZLwQKBgQDoIsk+beBivVMoucIN\n" \
	"cHLXXvkgW5tbb0ObWjeZmHkxdvdVdeidQbG23ec3gux3r97SVXSyDLPR0XhLBnHU\n" \
	"smvR4aK41D0Uo8x/FkStf72pT3NXZ0rvI34sl5M12d0VEtlgLRaVYbfd8hG8o7Hd\n" \
	"vaaMZ00ED2dh9kxmAgoHILV3MQKBgQDSKip/bfix2+wMHndGh/85GUB8CBWTjNKk\n" \
	"459z0ApdieFq7O4L4qqcL+nMVSZnJIys8tMBifmPdvZIIO7Gwikx7pz/SFUD73Uf\n" \
	"V8bNfw9VagQQ2j5GQZl0ywgVQG6SEs81N8j8bNI80valK3qBpH3f/Y7wLD/HzP7e\n" \
	"hB6RUcezwQKBgCku+rsbrUJ3SkigZCAUQhuZmuM1vWNEYx8tq02RsnanH4xG5eT4\n" \
	"YboKtlmv3ZoCVqrERHbOMBzaZ9gPpaRRnzVWLZNS/B8sTDyDy91oG1LtaI4qIi45\n" \
	"AsqQfaqBI2r4tB4PAcGw23kB2Em6VPT9D447SXud6/6CPt2eIP9Qu0ERAoGAdGaa\n" \
	"Rx3XolrWMBgno87rEurjhk7L9H8Io/7Wb8SIGSqmyRwU9ExEhmEbMurubC4YJCoR\n" \
	"qEaNDGKtIWHsHfWn71njZpjfTWCxE/z/xQ1cpsgjHFpkJ3Fp1wAkp/CZzRnR3f3Z\n" \
	"ucVj5ABMT0r3fRpoBUlgg7FeWgE2IHQ4ofATlYECgYEAniVw9GaJvalG/mQr+D3T\n" \
	"O31056PkBNNfFaP7x7ERUFR0OFN2znGFhe7/poueyTc9+6mmI+NlOhyefQ+I0euE\n" \
	"3LqmuF0UV3HijQwdRIcSbbldhJ4a7EPlR+8MhGAg5vSFNw5nSbQ1S1iRhstV8FnO\n" \
	"Z3+NaMUiD4O2sMMUJfce/lg=\n" \
	"-----END PRIVATE KEY-----\n"

#define DATA_ENC_PEM_KID \
	"4fcIgVC7FGcacx25f07DPDmS695XMFOWagf7L-FvSTc"

#define DATA_SIG_PEM \
	"-----BEGIN PRIVATE KEY-----\n" \
	"MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQC+0iME1DJTActe\n" \
	"DNXSJxnhCttL3IpfrEgQKw5cF81iay7c0SHa9saz+0HO5HTnHWBz2TbJWqPfQrPJ\n" \
	"aDbHqIlJ6GQ2yYLr2K55DSMnwBGKb6YyYo92gehhL3U383M6DJUCJ832UTM2pD4q\n" \
	"wIzPQB/YdX/QnEUtxkRWlR1Q983Bveb+bMxiz4oIu8XEsAzI+H6b+wVASu+Vkcf+\n" \
	"c3EFZ56DkuNEtDcio/pg+x8eV2r2V1sFBPcv1o05pG+hHlYO9kAn4sVwlSZqqg+F\n" \
	"NhkdAyIMUeoqSx0r3G26MP0YLzxyNUT0+v+EaDlurNg4nwre9kUijTXeL6F6TghU\n" \
	"eyjAT259AgMBAAECggEADkLiPyAkyrNdoZ/P8y7c7kbDcP4AkXnswNiW8CcPQIXG\n" \
	"MNaocxbybs0ec/n7CrLVXJMlVxMhIDR5/1l8jpt390AZDUcuM7Y0A/QJZpUiOnhx\n" \
	"sV5QXokC9xB28EGPoQ0Dre+PoxMagsDvrH5Lh8nBF4pgjRTAztT8koP+duiuRgZs\n" \
	"BHyzkrSe27PrgS52fAJrjbY/c9bGVLCRcGeMTuiG72EjSzhiP3+23J2NAMIVSEJk\n" \
	"W0wBAS40pqmiCcBH/EhU5sBXrORZBECnjT8p7kjqGYbbdJXS2Y7zFW8rQohNPQcr\n" \
	"yTSBjM9IUAxESqOkE7fGqcT9Ut+RAXvsEpFyqaYQuQKBgQD8EP1dd7zOmXpEskD7\n" \
	"F0tIxvS/vG3xNKrYrD3sSDP2c7dlhR/uF+6L9450cgsHj8PiaCVViGInXFdfU9g2\n" \
	"6jYEqPl+j5JZ4SRuUgF71hxDJ0OAStM268404HS5OqNDKNeiX6rtjQr/kY4d0taF\n" \
	"GL4SRUTxMfrOcLxXUwpzdGB95wKBgQDBzHhQvUcgL95YJGpHMKLiaIe59a/uab2I\n" \
	"g891I88avSscGKhiIsDOdbzc79/G5c8gghgq8qegq7zgdUsMZxzJSilwAA5NZPPr\n" \
	"8iYgmTqvhLtdC2jgUvyFxDBChahrKE/mF3C/1upkBnwOz/3mtZtGik06ikqSzK7G\n" \
	"TfusClp7+wKBgHlM68B5CKEbdp1scpzintYM+Gb0lKvIvpa6fKoiLO9izFTMdYss\n" \
	"dR1iKmmbH/eplYh0udKpaSKr61fyj1AN8aTYdAgVq0YZdGCqkhA3/y3JzVAFshLx\n" \
	"8y+6/DDPKRX+p5Z6F1Vt1GcccpmjhpxSRdWhBAZWGO4Tjm8vhQ3+aRjtAoGAdtep\n" \
	"jHGV9VIFem3SUperu0W4vbvBSGXFmbqi9MWh0lbg4djpIU0IiVNAHwhmZPU2YEwH\n" \
	"AAdP7kKCj+69t/xfdbypzonqO2HGBxG2edUdXNb7guJlTPL28hzOL20BS70rygDj\n" \
	"3nCvyekEGJ1JqToC324eT+DQPFeScf8Ob4Dl3hMCgYA8EULgSS1HarHUTI9suFZB\n" \
	"2x7NcZOPYy4Bg/kNFDZCxLXzw+RYBV5szUqX09eTQMPAYnGHaxa+uQ7VRORCeD+S\n" \
	"cb2JguYkm0vW/HxMmTtzuRS3yz2sQApsu1oFX8lriVo4GUpszEGGyTI2rxEJFUIy\n" \
	"wDsE8cpQ56RJoF0vUuB68A==\n" \
	"-----END PRIVATE KEY-----\n"

#define DATA_SIG_PEM_PKCS1 \
	"-----BEGIN RSA PRIVATE KEY-----\n" \
	"MIIEogIBAAKCAQEAvtIjBNQyUwHLXgzV0icZ4QrbS9yKX6xIECsOXBfNYmsu3NEh\n" \
	"2vbGs/tBzuR05x1gc9k2yVqj30KzyWg2x6iJSehkNsmC69iueQ0jJ8ARim+mMmKP\n" \
	"doHoYS91N/NzOgyVAifN9lEzNqQ+KsCMz0Af2HV/0JxFLcZEVpUdUPfNwb3m/mzM\n" \
	"Ys+KCLvFxLAMyPh+m/sFQErvlZHH/nNxBWeeg5LjRLQ3IqP6YPsfHldq9ldbBQT3\n" \
	"L9aNOaRvoR5WDvZAJ+LFcJUmaqoPhTYZHQMiDFHqKksdK9xtujD9GC88cjVE9Pr/\n" \
	"hGg5bqzYOJ8K3vZFIo013i+hek4IVHsowE9ufQIDAQABAoIBAA5C4j8gJMqzXaGf\n" \
	"z/Mu3O5Gw3D+AJF57MDYlvAnD0CFxjDWqHMW8m7NHnP5+wqy1VyTJVcTISA0ef9Z\n" \
	"fI6bd/dAGQ1HLjO2NAP0CWaVIjp4cbFeUF6JAvcQdvBBj6ENA63vj6MTGoLA76x+\n" \
	"S4fJwReKYI0UwM7U/JKD/nborkYGbAR8s5K0ntuz64EudnwCa422P3PWxlSwkXBn\n" \
	"jE7ohu9hI0s4Yj9/ttydjQDCFUhCZFtMAQEuNKapognAR/xIVObAV6zkWQRAp40/\n" \
	"Ke5I6hmG23SV0tmO8xVvK0KITT0HK8k0gYzPSFAMREqjpBO3xqnE/VLfkQF77BKR\n" \
	"cqmmELkCgYEA/BD9XXe8zpl6RLJA+xdLSMb0v7xt8TSq2Kw97Egz9nO3ZYUf7hfu\n" \
	"i/eOdHILB4/D4mglVYhiJ1xXX1PYNuo2BKj5fo+SWeEkblIBe9YcQydDgErTNuvO\n" \
	"NOB0uTqjQyjXol+q7Y0K/5GOHdLWhRi+EkVE8TH6znC8V1MKc3RgfecCgYEAwcx4\n" \
	"UL1HIC/eWCRqRzCi4miHufWv7mm9iIPPdSPPGr0rHBioYiLAznW83O/fxuXPIIIY\n" \
	"KvKnoKu84HVLDGccyUopcAAOTWTz6/ImIJk6r4S7XQto4FL8hcQwQoWoayhP5hdw\n" \
	"v9bqZAZ8Ds/95rWbRopNOopKksyuxk37rApae/sCgYB5TOvAeQihG3adbHKc4p7W\n" \
	"DPhm9JSryL6WunyqIizvYsxUzHWLLHUdYippmx/3qZWIdLnSqWkiq+tX8o9QDfGk\n" \
	"2HQIFatGGXRgqpIQN/8tyc1QBbIS8fMvuvwwzykV/qeWehdVbdRnHHKZo4acUkXV\n" \
	"oQQGVhjuE45vL4UN/mkY7QKBgHbXqYxxlfVSBXpt0lKXq7tFuL27wUhlxZm6ovTF\n" \
	"odJW4OHY6SFNCIlTQB8IZmT1NmBMBwAHT+5Cgo/uvbf8X3W8qc6J6jthxgcRtnnV\n" \
	"HVzW+4LiZUzy9vIczi9tAUu9K8oA495wr8npBBidSak6At9uHk/g0DxXknH/Dm+A\n" \
	"5d4TAoGAPBFC4EktR2qx1EyPbLhWQdsezXGTj2MuAYP5DRQ2QsS188PkWAVebM1K\n" \
	"l9PXk0DDwGJxh2sWvrkO1UTkQng/knG9iYLmJJtL1vx8TJk7c7kUt8s9rEAKbLta\n" \
	"BV/Ja4laOBlKbMxBhskyNq8RCRVCMsA7BPHKUOekSaBdL1LgevA=\n" \
	"-----END RSA PRIVATE KEY-----\n"

#define DATA_SIG_PEM_ENCRYPTED \
	"-----BEGIN ENCRYPTED PRIVATE KEY-----\n" \
	"MIIFLTBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQIPtrXttNp9xQCAggA\n" \
	"MAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAEqBBBtjGb++D/XyOF9JKaemI2DBIIE\n" \
	"0NWrnmv8GTQpdmOL/TkAJPe9HrTfBd+G/qLdJT1ba51VLfO0HbiljSvwTSKRzBSJ\n" \
	"+Pc92dpa/77K5K5ofS6dJ9S834WEuHe3k1IZa+/ivK7dIwh4YWRT63Enr68GwSZN\n" \
	"+tGcOaemjzGpHbACi7C6NwYJL+/CeX17MmGU45KFo5I74AAOXadgil27u1hMKRRg\n" \
	"41X58aWx2ISidRjG+B8qyStnVyGQ628JC2EFY/3OIG8O+YNQKAutLLqCIei5m7tr\n" \
	"/t5//u52TuigPUSkfZ3HuD9g8Ai4rLwhMIoFu+qDI4j23T3E8q7k2IchBniBMUB3\n" \
	"xYGluPon1sz886PQQcX9uunB98lyQ7fIE+C82gMjCR8EftzOH9cm5OTOxcqfvUvS\n" \
	"bK6H6gGQIRF3oLDi9ev81GfYU5kOVTcFsYE94Cdy/LL/fa7e2jhzh3hf5CvhzNPN\n" \
	"LvT5EeZA4WzVj4qcjqkGjRtN/nrUm17v561JIVMRkVmpiPVupgY5Dcc3bTu3ZfR2\n" \
	"PgdSjSxai/sGVt+pZHaW6/QSwpm1oRiSRM+QKnYC39qPVIY8Jq0CGRMAJDmaQnVU\n" \
	"PuinLJIBrtp0YtRg5jKR5WJbqNVguk2snmfkEwr6sCR1nZ5TpnjhZG3AUp6QvVMa\n" \
	"o7pfj5qL4cx3tbBGZTeXCkMmA1ANA15VZXRbLI8bD8KXVBXVZ8Iu9ytqAvkwSxZe\n" \
	"FpVxQ+6bs+S74ZxuXH3rFBHCUNyld9mX0N2SJpbihytNiPqfDyoV4hxn32DwNxy9\n" \
	"qSaXE2bLd5RpPIUryOlKfZUFlkTwCmjvV6PeDy2FgfDeCjYx4ry6AgdYpzmUs9O2\n" \
	"TzCLTH5LZ6LkPTgf96Re5wrj2bbKu7Y3fexPkYtcTZWCWkWTMCqZ08WALyYgixj7\n" \
	"2fuKCn543A4Qfa/1BFvVdwy/MHSi0oG47i0l5ohn7DMVVD6gIFYQnRprt0WF+CvL\n" \
	"5Kn5MGon5YZKpKWVFwTdv5WXRWN7CP43CG0I3tK/LQMur3Ni6Ub+9QfX2FTtBKdY\n" \
	"NMFYS8CY/+xdhujk0Hj+fkoSI4VsSzVEp5VnSn3QGshAzdlPmjvqB8KZ6hutZsLI\n" \
	"sWV75tV9IYf34OruBta/qxmt144KIFmd3lB3WMCEVSuNT4VUOSrrfgzHCIPgJcuZ\n" \
	"u85yWsEk+nlNMjEXWnhpEAlr9bWa5MW03qTQOuaOvC5yomTgRTj0+ypBDtJB7ez6\n" \
	"a8PGfBBTRa+X/wc0CB8DHfOgm2cAJpJGF5wxd3+b9KDRbgdjsif9BWzvLvBNJ/Jz\n" \
	"LpXVnuwWjUZSh18i4XkdyKotPKTyAOhAun2U+l9sUA+Gut4OzLKmCWOF3zyhKwhm\n" \
	"K936Q5nZqgLitBRfK6zQlfgzeaM6ooB8gmqiIWN9dwTzF81O59JU8TikW1L9tgQ9\n" \
	"PAprqCqxRSC4bcVfj1yvI/tV8XQeoQhrI1OE/RrDTSc3qWFNdo5k6N2T4Z9rOXNZ\n" \
	"L9J0KKQzPRO6OmI5dd2kVCYJqYm8+X1DmE+V8tnHsM56wh0pSq9SDJzpMJFiJzQC\n" \
	"6dtRKZRIwvOZMpURLHcBSOsbNyvf9K5z2mmWz5rXu4E4jpZF3fQx250xXfK1IHyV\n" \
	"1iwB/Ryk+AF57UawLhOA0R1M7vZaIMNqTt62eFi8tpo1\n" \
	"-----END ENCRYPTED PRIVATE KEY-----\n"

#define DATA_SIG_KID \
	"jBXsnAP5Jhx_QRlYwf1nA72S_9vmcH_wj6HJdwLhUas"

#define DATA_EC_JWK \
	"{\"crv\":\"P-256\",\"d\":\"LTk7LuCHGIcKeWUn2vUF0FxEzlouz5EDuw-Hk1ALdG4\"" \
	",\"kid\":\"ec-1\",\"kty\":\"EC\",\"x\":\"-bUR0yKwT78dh-KCBe2mRbLFIzvzN0Y5RX" \
	"JC-NFMgNQ\",\"y\":\"0Th65DR9AIJ_3GpqHWIszN0CmH6fd9Wn9CLN2_FRgaM\"}"

#define DATA_EC_PEM \
	"-----BEGIN PRIVATE KEY-----\n" \
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgLTk7LuCHGIcKeWUn\n" \
	"2vUF0FxEzlouz5EDuw+Hk1ALdG6hRANCAAT5tRHTIrBPvx2H4oIF7aZFssUjO/M3\n" \
	"RjlFckL40UyA1NE4euQ0fQCCf9xqah1iLMzdAph+n3fVp/QizdvxUYGj\n" \
	"-----END PRIVATE KEY-----\n"

#define DATA_EC_PEM_SEC1 \
	"-----BEGIN EC PRIVATE KEY-----\n" \
	"MHcCAQEEIC05Oy7ghxiHCnllJ9r1BdBcRM5aLs+RA7sPh5NQC3RuoAoGCCqGSM49\n" \
	"AwEHoUQDQgAE+bUR0yKwT78dh+KCBe2mRbLFIzvzN0Y5RXJC+NFMgNTROHrkNH0A\n" \
	"gn/camodYizM3QKYfp931af0Is3b8VGBow==\n" \
	"-----END EC PRIVATE KEY-----\n"

#define DATA_EC_KID \
	"bSTyNvPtXB9AR77aDVDFhPQSIcd97agz2NhPgMadgJI"

#define DATA_ED_JWK \
	"{\"alg\":\"EdDSA\",\"crv\":\"Ed25519\",\"d\":\"-b5E_VwxTi1MGpfIFCSVS3I5PVDQ" \
	"gZbTkG5omaKlmjk\",\"kid\":\"issuer-ed\",\"kty\":\"OKP\",\"use\":\"sig\",\"x\":\"" \
	"7XUYvkmbZyALuoBJkP5I4mReQxTygWcxjg0TOleP_gA\"}"

#define DATA_ISSUER_JWK \
	"{\"alg\":\"RS256\",\"d\":\"JbPjt1dogeUBrpVffyq6XLVbP6Y81qrZQ-uSvLX4tcfg" \
	"FA5R0TML46t7IjthffdJQ5d-2aWL8i7m_nQcSzQwQQKL4kIZABiNvwfC8D0jNMpL" \
	"6gOzBDkBwqwW2IKEKypQG0vp4TGFL0G3AM1fLMkRyRLu0YNDcyAooznaQ6TB5U-7" \
	"Voh3Zb57Rf_F8yq_V8iz9EwAtKF8r8ILyPs55y3_7C8mcOtYKXPKpwu0YpdoXB51" \
	"1oEOSybgPX39WsU1favhJP9elBqY3p678a9bMclAsEr3xzZ6qtWrdwS5WvhR1Vfp" \
	"JtnzIxwh0ZqJBZ6tIvRX0nqcpCNyCKwxCcIXZx9lGQ\",\"dp\":\"VBSXL2UrzaSEAD" \
	"gorklhVwmBaD5GD5o3A3PUY6GvHgtMa4Jm-LJq46VMdAL3tv3CxdwxkMA_vRrL71" \
	"TGHk6yV38eKK2k-FeYhscjxDLxrqUMpBw52hSIyJfCVrldjUrelCVfJkqo3_1CYu" \
	"VBhaiBeBiuOr4cKzXIDDiDHsaIW_k\",\"dq\":\"S7krfASeBESfSN8iHQsaszT3RbU" \
	"-MTfLdRUI9ZQ0La5zD8_ds5hKrqbNyv-6tYtzFMRXIPDR0n2slhgqKSLXhjrMRX6" \
	"98YWrIkCKmCpZH4xpWRhm4GTEwC_noxxaXCDBWj3iVU900rWhBe8Epeeap-GxMFO" \
	"sL_-ABahdMXm_490\",\"e\":\"AQAB\",\"kid\":\"issuer-1\",\"kty\":\"RSA\",\"n\":\"9" \
	"XW3rjEncDOQJQDanhwJzU8gifmUEaQd0xW_ViPEOyrIrGFyqxh0PMOId7DaISf-9" \
	"EhwOuh0D0e09mcKHeS_7pMj8QvRuICgGi5pGxk53bthRLETdyGuyoCXe0kRRa4el" \
	"VspVzMwc-_VIv1eCOGwLRTwiWE1ZuvqklD8Adtkq4EKVTMcdZ4Ki3qgRtqCtsgyi" \
	"2qPZmVC-1pQQ_gKL1GOXpWvuznYDCYzprwZg059N-oUvxzpiro4mZeRY8-kVJfec" \
	"K7z6OOAdg_r0XhUCnch2lJ1fIm0YUPrUZ8BCQkwEkj5hv7frV-HHeXdlny7r1YkM" \
	"izZojav1YvzxAC-Giq2Cw\",\"p\":\"_DPrkNXYaCR7XOd8wPnkJHL4ZJK4m7IjMX1n" \
	"IvO3xkm6OWv_zU5YZGQ__S5iL6hhDrFEqOIvwAJbBHjvJvfFTRoQ2KoZotuzKmws" \
	"_BVMungusXj5sDCWgOoWvHkDoNFanicONWEiU3jQ73yi5b42NXomupsAEvUJPpv9" \
	"UfpvpLk\",\"q\":\"-SfOtlr4ycUT1ormHe_NY9x0ok9604eNn016AXRW6JCToSIhaP" \
	"sRcLy8FXU2fHEcnOX1h1aV560dLDJ9GWJU5JopY7LTQBQcLA4LyDs95bKJFJzNcp" \
	"2j4lgq0AIGH8Kvmzmc-PQ6iIbzKtn2p7SJQptttfrDQQFCg8VTVbbB1uM\",\"qi\":" \
	"\"BK4mExetKOrEzRwF0oCvI6nIyMNpB-5XaX70in0RfXG2J77rnhjn0As_H0iOcHQ" \
	"m1l0vpkBeTv5ptpfFXWzM2y3Z8PUno6Fc5LmDnqJOZn9nywnQEgTKzRDP6uF7G3T" \
	"0SY_JVoipkvKC_i9lXEs8HvJPFb3fPVX1YsUnKPznufQ\",\"use\":\"sig\"}"

#define DATA_ISSUER_JWKS \
	"{\"keys\": [{\"kty\": \"RSA\", \"use\": \"sig\", \"alg\": \"RS256\", \"kid\": \"i" \
	"ssuer-1\", \"n\": \"9XW3rjEncDOQJQDanhwJzU8gifmUEaQd0xW_ViPEOyrIrGFy" \
	"qxh0PMOId7DaISf-9EhwOuh0D0e09mcKHeS_7pMj8QvRuICgGi5pGxk53bthRLET" \
	"dyGuyoCXe0kRRa4elVspVzMwc-_VIv1eCOGwLRTwiWE1ZuvqklD8Adtkq4EKVTMc" \
	"dZ4Ki3qgRtqCtsgyi2qPZmVC-1pQQ_gKL1GOXpWvuznYDCYzprwZg059N-oUvxzp" \
	"iro4mZeRY8-kVJfecK7z6OOAdg_r0XhUCnch2lJ1fIm0YUPrUZ8BCQkwEkj5hv7f" \
	"rV-HHeXdlny7r1YkMizZojav1YvzxAC-Giq2Cw\", \"e\": \"AQAB\"}]}"

#define DATA_ISSUER_ALL_JWKS \
	"{\"keys\": [{\"kty\": \"RSA\", \"use\": \"sig\", \"alg\": \"RS256\", \"kid\": \"i" \
	"ssuer-1\", \"n\": \"9XW3rjEncDOQJQDanhwJzU8gifmUEaQd0xW_ViPEOyrIrGFy" \
	"qxh0PMOId7DaISf-9EhwOuh0D0e09mcKHeS_7pMj8QvRuICgGi5pGxk53bthRLET" \
	"dyGuyoCXe0kRRa4elVspVzMwc-_VIv1eCOGwLRTwiWE1ZuvqklD8Adtkq4EKVTMc" \
	"dZ4Ki3qgRtqCtsgyi2qPZmVC-1pQQ_gKL1GOXpWvuznYDCYzprwZg059N-oUvxzp" \
	"iro4mZeRY8-kVJfecK7z6OOAdg_r0XhUCnch2lJ1fIm0YUPrUZ8BCQkwEkj5hv7f" \
	"rV-HHeXdlny7r1YkMizZojav1YvzxAC-Giq2Cw\", \"e\": \"AQAB\"}, {\"kty\": \"" \
	"RSA\", \"use\": \"sig\", \"alg\": \"PS256\", \"kid\": \"issuer-ps\", \"n\": \"ql" \
	"6OSH8mI_I_x3Or-isUmfEmMhA8J6Bl9oQ_HBZuTAW6Tl6Q2EKmgTIUEB2Z0uIh6_" \
	"kGZQArVWDOxXp5USKHwdh_xEVgm6FJC8HUj64xgIVL3RZSwjEbXkrvhLuq6YFFIo" \
	"pvPBOAKAWIgxpNxJ4pYDE7AnkA-YJgDY3YwtiFylB_Xi_1OlE5OQ_zTxthDb6cD0" \
	"tV5eesDynmt6wUK1cevHalW3LQ4F_1TBG6e1QZZCp1F7z-wzZKVWvSiItwyJPD-m" \
	"8XOcwxGf_eMmq0AEMTqKYM_7AyCX1nxHLFmBJZI8tlpRh76FPq1eMGx5hHq2xHh5" \
	"RURuHD8frZFyI80_cYPQ\", \"e\": \"AQAB\"}, {\"kty\": \"EC\", \"use\": \"sig\"," \
	" \"alg\": \"ES256\", \"kid\": \"issuer-ec\", \"crv\": \"P-256\", \"x\": \"raAm8" \
	"Bhiyt7qrpkUVUmugAXVJe107lrCluHwh655axg\", \"y\": \"GWi0DR9xnO0ass6FR" \
	"Z8O9GuDm1AVdv4tAcSf9FWekuU\"}, {\"kty\": \"OKP\", \"use\": \"sig\", \"alg\"" \
	": \"EdDSA\", \"kid\": \"issuer-ed\", \"crv\": \"Ed25519\", \"x\": \"7XUYvkmbZ" \
	"yALuoBJkP5I4mReQxTygWcxjg0TOleP_gA\"}]}"

#define DATA_RSA_1024_JWK \
	"{\"e\":\"AQAB\",\"kid\":\"small\",\"kty\":\"RSA\",\"n\":\"sJnhBKH3Wl0Y5q7VQhMiJ" \
	"S2E1ZeXAO1ayXWCTUTEiMJhQyhf7wqnQnuX_JchrgZx3s-xVgs9n1KfaApW1z3th" \
	"ZHCovr4RbohUk2GYgOh9qhMfmRHsNaLm0XEFg---C1WX963YDukoj-jl-5qaphwG" \
	"j1Krdy-OQAI9CsogjivK3E\",\"use\":\"sig\"}"

#define DATA_EC_384_JWK \
	"{\"crv\":\"P-384\",\"kid\":\"other-curve\",\"kty\":\"EC\",\"use\":\"sig\",\"x\":\"w" \
	"zRmFIx08O3ITnEPi0XLDRgwCmmaob71FFEJc0Ib0JDJs6APLKzWHFP6X8WeB832\"" \
	",\"y\":\"0fUOhN3VsytIR2VAlttReXkXLdW2_dnY3kEIMtDjWgud3RCnw7ahhZVBPy" \
	"GTrR3V\"}"

#define DATA_CLAIMS \
	"{\"iss\": \"https://idp.example.test/v2\", \"sub\": \"0123456789abcdef\"" \
	", \"aud\": \"client\", \"exp\": 2000000000, \"iat\": 1700000000}"

#define DATA_RS256 \
	"eyJhbGciOiAiUlMyNTYiLCAia2lkIjogImlzc3Vlci0xIn0.eyJpc3MiOiAiaHR0" \
	"cHM6Ly9pZHAuZXhhbXBsZS50ZXN0L3YyIiwgInN1YiI6ICIwMTIzNDU2Nzg5YWJj" \
	"ZGVmIiwgImF1ZCI6ICJjbGllbnQiLCAiZXhwIjogMjAwMDAwMDAwMCwgImlhdCI6" \
	"IDE3MDAwMDAwMDB9.G633ok_jhWkifsJ-WFhK7xnYarguGpgnQKwkypcypvLVTYs" \
	"R3BzajZqzXB0fzepT2LnCahS-bHaWAia1x4O1UOUpo_dOcUOnIVQaUd6LXTGVKM1" \
	"fCKZZV8USUHEY-FrDjghy3OZn9k3gB5cJ3RcFdkFcg0ZJ6kiEHdBUImMYAsjHW_x" \
	"NItRo2Xv-aZUIm6gjmOELSsr5ZlbyyzOo_-wzr7KzFnPftNgLf6t9DVY5tMO4BU7" \
	"ZMeQ5FVb-4zN7eWEujAHqP7N-IB1MEXHuzrsJ1DYq_LOPBNGGC73f2l8cpmOihbE" \
	"GNZ3eBcYtfVhS8kYYwTUN6Bejnw11Si-mZT1tVA"

#define DATA_PS256 \
	"eyJhbGciOiAiUFMyNTYiLCAia2lkIjogImlzc3Vlci1wcyJ9.eyJpc3MiOiAiaHR" \
	"0cHM6Ly9pZHAuZXhhbXBsZS50ZXN0L3YyIiwgInN1YiI6ICIwMTIzNDU2Nzg5YWJ" \
	"jZGVmIiwgImF1ZCI6ICJjbGllbnQiLCAiZXhwIjogMjAwMDAwMDAwMCwgImlhdCI" \
	"6IDE3MDAwMDAwMDB9.BwG10Qz_AgdQ_wEkFHhTYE8tm0DdENXd9qyUR4VzapZOXD" \
	"-LxkzWwWyxh5-gQz1kVlTKNO7D7j7AKLnuSTOZiLDARFxmaoXcqn0fmRaEmnx5D3" \
	"cch-zZgXJfrIKOT9Ew4q5zBRGBIbi19rXZJh2sd5DGAdzNT4P_j9t2NkGXi3FG52" \
	"oMqnlHRyqVKwGeTw8JpnGF9LsQB_gCUH3jEek7AqCEaSBaUAS9a886cTdlcbgAAv" \
	"5B9t4a27UydTCZh5BTy8l2uSR3UZYXjHOmgwLGWvpfdj85bkHxzuVR4W-S3pOrly" \
	"nycSUZY8Mj_ch3KqjVyyDsju4Q_dUKoeqEWPAMjQ"

#define DATA_ES256 \
	"eyJhbGciOiAiRVMyNTYiLCAia2lkIjogImlzc3Vlci1lYyJ9.eyJpc3MiOiAiaHR" \
	"0cHM6Ly9pZHAuZXhhbXBsZS50ZXN0L3YyIiwgInN1YiI6ICIwMTIzNDU2Nzg5YWJ" \
	"jZGVmIiwgImF1ZCI6ICJjbGllbnQiLCAiZXhwIjogMjAwMDAwMDAwMCwgImlhdCI" \
	"6IDE3MDAwMDAwMDB9.7ofoXDhZQU1Bznf3CGgegqTiDCAlXYyISA-xm5D56RTxNM" \
	"uS50pVPVx59Jsx46j7-ZqtCLkWVZxFhFbNsoEsug"

#define DATA_EDDSA \
	"eyJhbGciOiAiRWREU0EiLCAia2lkIjogImlzc3Vlci1lZCJ9.eyJpc3MiOiAiaHR" \
	"0cHM6Ly9pZHAuZXhhbXBsZS50ZXN0L3YyIiwgInN1YiI6ICIwMTIzNDU2Nzg5YWJ" \
	"jZGVmIiwgImF1ZCI6ICJjbGllbnQiLCAiZXhwIjogMjAwMDAwMDAwMCwgImlhdCI" \
	"6IDE3MDAwMDAwMDB9.GFMb6LymdPObrw6yXdMIV32fzRHJMUw8DgCoP7hcHa0bQC" \
	"eq4fs19ZdJSpZDSQgBvzIanOunHQ1IRAM2XKc5DQ"

#define DATA_EDDSA_AT_HASH \
	"eyJhbGciOiAiRWREU0EiLCAia2lkIjogImlzc3Vlci1lZCJ9.eyJhdF9oYXNoIjo" \
	"gIjc3UW1VUHRqUGZ6V3RGMkFucEs5UlEifQ.9CAQljFpv59-ONdNOHvVl5B6Adkv" \
	"5icHkGi0Gy9G1ObklJIxbhhNQyouGP10XLjY6dLe8BJku8DHdl6XKygCDw"

#define DATA_BARE_IN_JWE \
	"eyJhbGciOiAiUlNBLU9BRVAiLCAiZW5jIjogIkExMjhDQkMtSFMyNTYiLCAiY3R5" \
	"IjogIkpXVCIsICJraWQiOiAiZW5jLTEifQ.Iy4cEZjSu8b3kRrUYscSkGRTYjNEw" \
	"x3EJFCCFZWEhxUAPoFkaoEcpqA_k7Fb7o3tjV5IEkOorUTh_Z_k3nvys6ZWBKSxS" \
	"9qq2R886BtAY3hr9BRVwzVQGaon3i8esNOlt8we2ao8L092p-JNL6jTSeFOXeWY6" \
	"KcM3Y0Hpkcb27fbRhnutgDOFm0r6Nkd-h8DfYgbbBid0_hWleaF8aSvIpGJ0W4Sj" \
	"S70uYcM_cuefgsZ4R9FyTsvT_ZL4Ky_mrem-5YalhqDGDyrdKEC1WZuDjzalwVIM" \
	"UxI-vFpGAE82P6pxukf5bOJwBE8EozZe1G7wMDvZO05cEhYf-33VeP_Tg.OzWvfb" \
	"c1q_0cvSK8kFVx0g.G3x_fhfXSkNtn3c7Vd7nVfSNTN7ToFpbfwjK8OXRg1gIgeV" \
	"2rWu9yghpziiM5joa5SbYJMHQJmDHhjz4xcTXuwNcYlT-rR93VY2A1fUJ4Lv7dhG" \
	"9iqP93Q6V2A4QdXd_9V_972d4_2l1abCZTy5mciPj4U8G25XfZQFiFne7kz0.tCP" \
	"sEUUZ6m9yW88RFZZkqg"

#define DATA_JWE_IN_JWE \
	"eyJhbGciOiAiUlNBLU9BRVAiLCAiZW5jIjogIkExMjhDQkMtSFMyNTYiLCAiY3R5" \
	"IjogIkpXVCIsICJraWQiOiAiZW5jLTEifQ.cQUmcimhexXKiUzIEEUv-14_61pqf" \
	"VTA9FVNIbcydb3CinTgoAalZmkOupwp4La8LTHUkJgqDkbpvKVXusU4EW4ZDCrb-" \
	"8rDyJGSeAEWipR6nVo1O9snIIKeav_011K2xeFxhpoUMAstkPP_UcQlb26xvTJ1E" \
	"D0tHrIA_xM5xsH2BQKYGvjm8lLvHiAwBQxh_pQR1VTiRizou98BHrTKvzD_czBEj" \
	"VtefnqKgq-Y3TftiLbVmOvmtCh3MOe1UJ-PDuwE7kuaCAXMp6QLpa7k1iJrZX0xv" \
	"6-s7oZAsSNMnmkyCOelVLOZJzCUM2JMmi0AIP2XXd8wbau9xSIwSkxwhw.2GSgjo" \
	"UVMpMrGF7DWakpcQ.Zn3sXPrnpT6cYbuDjLvOoUytsLybdWfo0cr3IC4fOjMez1P" \
	"rFzpfEgscrbGgN9afLTQcFzZvAg37bnuESE5Ke5-Kh2Msa7DYg6Kz9Gk_WcPM8JX" \
	"IGhUtRWNMlyQ95mp-ZqhIiSSMdKmD6tdS9DupxY7I-G0u_DSSks_8R6FTwZuPly7" \
	"FJwHfplOkf5u7ae8_aFXM-ZjNpUtR6qfu9Gmi4Buvq9QwKGypAXQEBndaxiZcTXJ" \
	"qSYwy5XHSXGUPX8i-Ma2Sd5UcCWGpfdt5kOD2geebwEvCSaXIc0hlob76vr3lGzC" \
	"wl6drmEXwWEZqBtJ5P1sXV7paWRzAzjel1hYo99IyDfDvzDsf1h4IrninX5O0b2Q" \
	"e6tN1Gbp6a-PKskvFzCWBIBtIfW_NHvDz1RUZsWPLsBgusChRwW1U3snsUvGMxbi" \
	"u7vjxxJME9H9mFWvAbNWo4bWwwQo4JqrPczg-UllYjNnpVyeonpxnZp2T8xrBU1p" \
	"kR2nii1rW3VeWnH-8BT0Q-E0YQSVnqieiZNZgzFLouXrlsi0kOtjAbJCbXW16Et-" \
	"2hwBzpPsm6P2KpddnSy4zwDnfPJ9PFWqaS3J2R9KueHuVIYuEaLNp2tZ41Ny5YrS" \
	"h8iazB3ml23OjItQVfXukC6WSIWmzrKhbwis5O8yUQ4YJyzXs4CRliHuOLsSmSRm" \
	"xvDIctnGjEy8lyMEsN2y6jwpunBmJbyiVP0SPQ5TbUsq_VIvH8rXkwJN5IYKJPX-" \
	"RrwzmHZ9a3e7D9l1ibrr8aUBl3nXY3zVHaNjWo9pHHpU28MsycKics4iDoyG7bYC" \
	"-94cdMCHibwNJVAROd1IZjvmxn04d4im-o1BOLs6x98b_v8tEOe_gHOGyT5CTeQk" \
	"YEzG58coCfJMXZ1VpxvFpSaYt2igidwiRDBqIEhVHz74sZLm4QZc9Krxj9J2uKPs" \
	"EFmMQo7ooxPOXblu2zJxvylmG-rybu0ZtwDg1bGxXRNOhDFNyJWzY8bFQ8HXJmO4" \
	"0pOabWUwBnNW5QBvVpZ_z4NblfTGNsycvaA_L0U9HIjcbAbp2Tuz1zLiSUtkS5sp" \
	"F01u-5RDPz97CViVQE8Q6m0HSRAvYhF7LzkulHLFbJ0hTs5I9rlk5T9S26VF_gHz" \
	"yIXVm8WUo1MNEBmDywFp5Em92MwKOrSui87yrTw8rTqJmU42Q6bSC_RIJP-EjHXt" \
	"l0OlnYpDai8-yTeus4QoskjpvyH-OW8oDu7qB_l6hP-5gD4-h7muxdBQtuTPbiMM" \
	"r7jMZvK7oFohjs3i6r4Lmy3beHIVvUSuAGWnTYPk9lcHHoMfSXIdhIUy6Wx73fS1" \
	"VvEfcGUidSbHPmCZ2zH66ApWRtYbjzfZgSAhB8e_X80ZZbUQ_hmrlg_6rJWn4WwA" \
	"qsD3qykyxiaj_GRgRxF5rwL26cXsbFRViby2RKEsbtFWdpLqgwxXIhjdIUD2kWqH" \
	"0EQpoAVtTdoFDQk15dRKf7ZGpYM0_wrKqWWOtGQUIfQWx-MJGBkYqiFYKSL1dqSn" \
	"V3P_xyPY6s1G0bq0XK2FAG_ZR8PdLLKhQcz7emQlsbq0hjKwjinSeHEjDrlu7dlX" \
	"Pq0yLaGH9HlFDHH4e7SnJ2RDIETal-xggRLZHOmHEfbUCglFl3EDMoBSRxXnM84Y" \
	"R6PM-ErAeiWz7NAkb.UA5wMc_fKDXfnMv089NVFg"

#define DATA_OAEP_A128CBC_HS256 \
	"eyJhbGciOiAiUlNBLU9BRVAiLCAiZW5jIjogIkExMjhDQkMtSFMyNTYiLCAiY3R5" \
	"IjogIkpXVCIsICJraWQiOiAiZW5jLTEifQ.kYQgDXXriXZX38u5-iTGzj-tXNaPh" \
	"949dPKt6U-XEuX4bPabR4-6R7v9WvdmmpNx9_x2rxvVNPbVDeiPwrI0nkM5lE2zh" \
	"rVTLppOhaWAwTvFnPRnUXv1TRVTCInzMOjIZ0JLTnydrbXAN-GovcibH5cZ-Egm9" \
	"zbKe-VbGX81B7tqbvVUkhQIX9bbc3uuGIuQGwym5b6-ZPEC3DNtK4PtY84zOGrDo" \
	"t7KtcwVONfpi9aNqULcx8nQPnosGg6FqZX0YT4rRI6bHdbu15MrEPczZ1RsvkxAN" \
	"Sel-_AiguIU4e4yBY4xxSYoter4UdcRE5nfj3ocRRoX8WSPux99GI5JOA.TXvDCs" \
	"dhVlTAJw_Tl9a7xw.PjFtr-iUts1YyO3UshyGQsaOrOAmvV941_o9F4Knq-h32cz" \
	"GouGVumQ-xpjQLtHzSKt4Dxm9qr0D6_Yfxqa8UeAOS7Z7GGjJGveMzvyZAv9WOjX" \
	"eTUfc760AoV7owQ6Z9u88RvW9bb7PFkRLw-uoe1IdEeuqFQO2rZ7o4ew47wly23q" \
	"8hYFy3IVcWsUzLVzJ92Ueg3ReubRNiir6CiTljhOpAwp7XVyLCBTlTvC7yw2HDOy" \
	"mw3AlVyAMds2YR9z9g70KV1GFxctRPioRFE0PUrOucb_dXK2QY84wDpEnoVGm2Xi" \
	"8ZXFr5pP2bY7A40bWuralHqCrgwU9QPDYs2u8N4yEqCP23Eqq2oOlODmZlcG-ME9" \
	"hm9vuIcCzO8xnujHNNPhbxLb6AZ67m4sdBSnFuuh8-TbQ1QoWlMZQtPl2XXD5Eg5" \
	"qqfJAUT9jsInOonl6SMPHK15D7qcHD8c_J8AwWFJomXbzFWjsDMAWlP3vtQE8HIT" \
	"qYKJaW_dN9Nn5tIETy4uHUeCX5CwYoH1ubWQTLZUWAJYfYTmnwqgaV6y7cxLm5dp" \
	"n5wG9Z-SH_JUSpNvkr86OdQ050WbDbTBjzVSHnGJIgRYtiaRbpl2cilDKX8JlgUo" \
	"2R4fgDA0I0tWAW7RUIHXxekhpSE-phXi_7xBGL3RwcPE7d6MSWdcrF0ZA6ch3B5F" \
	"q2TcQjKWPfgweoVga090bQh34K4DReOROBvP9C44CfXVeVYje_SPnwQvsW3s._fC" \
	"gDB7XDs0XHWBBXx_H3w"

#define DATA_OAEP_A256CBC_HS512 \
	"eyJhbGciOiAiUlNBLU9BRVAiLCAiZW5jIjogIkEyNTZDQkMtSFM1MTIiLCAiY3R5" \
	"IjogIkpXVCIsICJraWQiOiAiZW5jLTEifQ.brvNv1u_3DBjLNMaGMhuUNyjvbU7T" \
	"DiHV7TW1wzDAyWRw1DymTV5n1WCHBG0lILRGmPN28QRcmjvTCFZmI87qTJjB2tN6" \
	"5dsy0XGUjVDaTVTqsIe2TKTU5YBhLNBMJzK3f8A0nTlDPyALiWiKE8EOw7N8q5Z5" \
	"MB3hPhciPikRfvCSOmYu93Sqfvhj5xygkvnce2-FP9c_O3CQsPPAEyGbmdDA-3vM" \
	"PV-Sv6fbBNk-SdAgq2JwmjsQA5g3nE6_EbMlIDXSE22mrGvUPnEcr18BI3XqgS3K" \
	"n1uJCsBuzPnyeWwKptJYAcjevgFhubk5odjNjjCBd25VmrzshgNOEJ_BA.kzdBc_" \
	"NoKcvLiAnXCfl9cQ.qHU2nDfHYOXlUgMXPLw-APgeq5VyQSZKm_fU0p5Np2F1W86" \
	"K7KOUI2ZjRF0Xl4HY5R_YhBsgx8-J259yYkyJdcPOOQnp_49xefJ5t13JeM-C-Qw" \
	"QZol8ox7jLJT4rmOvNZVO8GdnWgjoh58IUWOVGEONbH_J7H5wsT20aK-pMXTi1Y-" \
	"kKYO788jJT9D0skgt1r8webqloyxrbllVsHoAUB584Ys4LN-Mp9FVsiq2aoWSOrJ" \
	"ghmN31IGHnLDUxJ1RVITBjMIzRDi9z3_YxY0U_A-cvbx8hKcekqbKCE3zWEbbFtI" \
	"FPY0t1QoLiunf-M-ho_N5-OYIspDbgq_iAtaJ4wQhJaJgqS2C1dbMVWZT_qaqgmX" \
	"Otu_NSfj5Im4Zw59W-00TkN2Dpg6Z9rsVsrEe07HT6C-DluxEuKdYf2ZOtZ3kmeD" \
	"WuvEFk_nspPHLDoE7sqMzG4iBW61bn61foWMOzOOg8cjMy2PF_sh6ut-RqT9Ajem" \
	"6ir6bSoUYNpua3DdJbUR3fpDs9aCA6Xkwaz0AIcJTt5f0JeEmkPiowBM_gbHs_Yc" \
	"pTpiJik_Ie5duzVI9c5X347QyVq6lcKI800GEZkSJKe85m7mb1ng5nTS0OMb5Y2m" \
	"1qRjiQM9IqYO0is_oWzpw4isYc9s7CEKG54sye4GPMTVI5M3YdR3tlKpzRWzgCFM" \
	"JUrvKH5g4QK6VqAc3SUt6KQqqhuJJJMJJgmDye8w0ZCe20kYrR2Lk_DSiQwM.Dvb" \
	"3-kzB64ugvxP4KO5JmIAY0g9092Dg646D_wa1Ync"

#define DATA_OAEP_A128GCM \
	"eyJhbGciOiAiUlNBLU9BRVAiLCAiZW5jIjogIkExMjhHQ00iLCAiY3R5IjogIkpX" \
	"VCIsICJraWQiOiAiZW5jLTEifQ.h6_ZNl332loZ5csXAjZgtSosL9roXjzMxBxXC" \
	"Op6qd0O2m2bbeA9Qu5I9ihzZgLz8RwZXO1PM6Jtz5QCITb0RTxtxVKLmcVN7khUx" \
	"Z9qKz-QxxTPxCidFaBUBfBt5xmqIPRQtkNi8D6z18UQV9ni82g2CbiQKm5tn5q8c" \
	"GtTz1mmjE3r5wxxVrIFJTvyyP7NXWlPK9YCvEKPF_BQiCx0vpzPoGucd9bGr4rRD" \
	"wcb8m2G0CFvzMgQgaccUKyMqJidXgR0QKRKbFEI-OXZtOWrgZ0p9Lzy_kDsM6UJb" \
	"MdCiGW-ubtMzZeMA-UNOaN6y9pp7VCiwgwTgTRTpeSyVSTciA.GB2HwKPF8ZD-PM" \
	"r9.OXYxQt8fTTWcma-w6QDUZMv3xOQGEzb2o27_MVGNHa50werNG3lVcYh26T7QG" \
	"hI-61-2FhlhQ8fukL1vaqN6rjiVEC0J8wW5DS1VLGFOGX6DUrgULvg4Rf23OxfiE" \
	"o8egIyFYqsIOQtx8iD7hpncynL51hPUHDr056gxzeK9LGKoXctlLFYqn6PMWqELu" \
	"K_G0L5LL09C3UTwT8SxhGil1UX47aT5anWrJa96tF-y5_POZ_cwdb325yBZ2O-AJ" \
	"FxDOun7L2FtISq43f3qdYiy7USnvcHyH_hKHkJpvbw3w4oALU6c_hwCigiOLnBy7" \
	"BiZXSdkW250Tb2et2yQqZZdefIghh-KzfnyZ1iOoA5N7wkCpPSgpGJ3rlKlSfR5R" \
	"H6D1jOciIsUL23jAcXK9ggH3tHwOaWcVn5DJVLViL0VoRlDFGcGzJVqzUgVHhFs6" \
	"DTI1k9TXFkaTAp8WmidQ-4FfgEARptcHr4U0A2YQBJ0074IlFAKMQSeHzjeCkpWm" \
	"crJ65usDadKTS_ngs48CFh3DVZIPX-bKPDuJKemRMoUMJ9R3cCUMs9JOYFVDzEe1" \
	"oRgAa-ivLMtLYilZAYPC6XQsLYwaFhCroUnZ1RBjcFJ4BatFQ-R6teprg13pmH12" \
	"qBBS3n8naWA0HJpTuLwTkBoslY6hT0KNhXn_LdWWc4UabHGgqVXzxQnHoeCmOasm" \
	"fnv6moA7uWFaM4NuwwNhY3EliFOWmU5D8s.PFwFMpptyhTNhhK-ZUnLuA"

#define DATA_OAEP_A256GCM \
	"eyJhbGciOiAiUlNBLU9BRVAiLCAiZW5jIjogIkEyNTZHQ00iLCAiY3R5IjogIkpX" \
	"VCIsICJraWQiOiAiZW5jLTEifQ.E7hlsWIecRfnbQrkrE1W5oe6HSVpkagd4XBkW" \
	"jgyrGEqBV03PXyhRDaapF1j0hEerqgwRu9R4ikthgxXfNkwfWakGJIbk5WUTZCu7" \
	"Ko2GZVMngibIBzoTvccxO_JxbKqUBgVLO2WbikMjd_tILGtTmqaPWQgqhZfPlnIj" \
	"AtzUBHG7LqBVE7AxyPeXRF2zX7KmQuvJCJzU1NK_W0fBac8lrK0aZUrNIaxVA6rq" \
	"oym_QN24mc8wwzVlAhcnovY9_y5htDnR9tgYtFKizXV9jjadOZ8_tlmAr6hhu4j8" \
	"tJitJdWsPJDt4DM2KIPj5phHbtDMjobe2CorTXnhcwH3GzmmQ.BBKMS_Np_8XTyh" \
	"f4.XH2rRY88tOxyOowMveSVq1X6953kxDWFY83w3ZNhJmkBn4Ly4e_3e0ui26LNs" \
	"8AbZQJ3_2pK-AJ0s-w1WMW0GQWaeiX5erW82ZnbVjkk40gNFT14qLXC3dbZ4Vl99" \
	"w_MlOYr6tn8zgy7GqFnIlA8WGYKbb0iwHWhYfVo3vlpCz-Wc-P1LJEq-YYL5rPUx" \
	"cDu-a0ReZyc9L3L9jnxGL8ap8YrkiczJKsvvBFk6Bo64Au5jYhLlzE6RbhRAyuvO" \
	"pClBCA4TnmHFZ339uto57gDedaHP4ETL8teC3rL1XG4luBpqwRZ24FPv3TiqYGcD" \
	"7v_yHj25ZZ8pGLk5QTGfqKEZ2bhwWIJsZuONwUW-DhemoinJVwpzaBN_zNAlyP_X" \
	"rHD-ziM-uhE7NZqBNwGBRaYUqmPh-c09zE_rItuBcYMRcfuO070sW9DryLNF5Kfa" \
	"gOFNIUTocmE6167wBkzI52Fqr8tGlh7EwWR5iibnaEdlIAkdRbM9LW4PM7Wn_7Zh" \
	"0S8H1R7DEkfj1Aj4f8KdiRzSOAOVqjaiSQGTw9VJ0hFuIDle328Rl1FoboHGMyIm" \
	"lejC8KnVDv7YMNrWqlHZ9s0C36kDjNMTvpgpVxCgL1TQkIlSvTEZuJwlmktAUpO4" \
	"EyDcwiaXnx46__MNHhJ0rrWXQEw6HQwsrDlnYIQWbNSd-moegN8X2V3JGMQfm_Qf" \
	"H8i7JBpc_LmHupFLTTmQ9nMqWRhe7agbl4.-Y22aM7HW1gctmP6zLGE8Q"

#define DATA_OAEP_256_A128CBC_HS256 \
	"eyJhbGciOiAiUlNBLU9BRVAtMjU2IiwgImVuYyI6ICJBMTI4Q0JDLUhTMjU2Iiwg" \
	"ImN0eSI6ICJKV1QiLCAia2lkIjogImVuYy0xIn0.Xn3ZSp3kVGjyFwZ2Syjup_vT" \
	"Si34A00UJBn2on4iDFOI37y7oOiImrATjMg2fIfJVS_GMcaF7itSFGecako7b_EE" \
	"_aMKPUB5jlMjgLiE8doUfZgX5d4OgE32L6iSkGGGd870f9wVnRcyboDQ3anARhTI" \
	"pMT5eF7-CjFn2zu_lDtQh-s415Wzatd-1C2W9vU37wl7zWyNnmSLqG6cFFEcnlDM" \
	"977L6gweQyDSX3Qjcscjs_qqYpkl8zMQ_y4cq5gHfmVxb2UtmS1wufZBWqMRGgsd" \
	"6Dj5Nt0HTXuNHwcW3wfVSt1gS1b8RORECnttnzEPjCSUyi3zHX1RF1WccTqPNw.D" \
	"tXnm4vllMGVCVaJ76IZPQ._BUbh8kHJjpkqetcrl5fh1f-F4hsJkTKNOvoBoaamw" \
	"qyrHYP1KLSTPWFadTbD5p8Vn2uZZ_zoQmS4dKRALykf0WHwoOAl6iTFpx5XNxmB-" \
	"nO1YCx3q81V_i_Uk2b3fDc_qiV-qbNqoimPJ6vwoAEqZcJKriTiXE6eUooEd22vv" \
	"M2QldMlZYBizJVMpArW2ytD4K_6zrH0LLTv5mVwwWCiU3FzPM6Neb8A8oiIloO3G" \
	"sDg61EuFiQ1ZxUCJFyCu-fU27Ufuw7bQhWhF-KVseVDpQ4z7PiIWe4mokZZmc2Iv" \
	"mLZ7FvHwT01KiCM0v7hIL2fCqDyndtNikpdkW-qwDe5Uht2AseSxnVTPk8eCM_0q" \
	"O9lcEGAaIZ4yHHuBS6ZsI44ydk-hcVvg-2WdNtlTxIkye6BLg9f9F47m0MPbuwrM" \
	"PmvRkF7YFCYBFrslmn5cV_Xw_EtYZG0EpGFwU_FWk61ehRcg2EvdutWZgeQrWk5f" \
	"oCmdo2HI1JowmyyEIu1fvi6BFCdAYoqTP9Pola2dYdpy9TDoMhN2qJ7V9yozLMYA" \
	"uPxUMBptbDq-fdPZiSrn22mFnfSmfr7BzzYq2He2gdmeInyyzK7JCmJqT5w134RP" \
	"RjLm3yu3DKfTazeBNA6Bs9sL78DCtlvbouCjVMc-nLHJzMLP2xk9ZFsUWX0hA8IZ" \
	"tqGvKcoVMauWi6vwcMceXiMPiOLcyfMzS39ZKvgyS1R8GkLTqGIh7j-s1lHV0nhV" \
	"k.giBoea0fH_zHN8D0aGUAEQ"

#define DATA_OAEP_256_A256CBC_HS512 \
	"eyJhbGciOiAiUlNBLU9BRVAtMjU2IiwgImVuYyI6ICJBMjU2Q0JDLUhTNTEyIiwg" \
	"ImN0eSI6ICJKV1QiLCAia2lkIjogImVuYy0xIn0.N3oo5OhVC9FYeg5DWRq8bBkv" \
	"LTF6xB5DaKrJh3KipR8mRsQZ3Kq4mGh7GRLljnLaVZuQ2szuZ9pH4pZ0YZV0d8YT" \
	"S1vuPoUTxv6GrnoXzIaatnzYTQMn4xV3231Zp2swr21nFsKXI1Z7pzJB0aUB4byJ" \
	"hmJKxBdaBLNFywgvhG-y8_MG9ILUBuIdis6-jrPE8Kksdzv-WYRdX0RscSBlsF4T" \
	"QbAeaiFWssRqx2guvTwFhYHGEWVrt6C39ooPsAhLx_BWSpTCoCpmWrrvhtWwzTiK" \
	"7awpogjO2Dq4YWvgz4wo-qFllbkY8hfIQsJUes0MKlhUsERDHn_rIGg8nrdzcg.U" \
	"POSCRXfxlqwZsTcv29kXw.8ZPC5PLBXAXnw1GXr0ODwnbM1MRls5_G3hz-xt7MQ_" \
	"UacAoNUtQrbVuLNLgq_KZgGwyCXlZ7PS1-6__R5BqNC2vtLPB6oHjRDQgBY2qHUU" \
	"0PDgB6qz0BuitZuVUYbK5HQDlqLYOtY8FuQtJn-Vrg-PoEupz0P3PbSkMlLAgWuR" \
	"Hi6UOdL0CW1PIPj1NXhK1inNXTDyoFaI1Lz9PZUCNRYIV4qyEewBxbxVQc3OImJ9" \
	"6ZdAB5afyp8HG-OLGSifgBA3GYblddAsQa7j6TpYeaL-EOXreb-aSXs14eIAtnhi" \
	"Pu49SJ6AX4Eu8cwUHW2_SB_fbxEdJ3q7Q79iixn0NWGIT4nfgDzz_DizrWpF5Q-g" \
	"6hdcHONdZQNT02MEkmcS37-I1BSTjDkwFBjaWp-YOnI8kVeFkYSDxhpBQga1nbyk" \
	"XUvefOzAH7XanqZUxp0W_n2SzKeljovDATDVQ3Fv79Zn4PJRbRpstE_41hCXkf3r" \
	"LS9BteoHofhWqSR46TbFp-6mtqRiiL3zYuhPvQOoC2RoUWj7aZYYBiSFMreLsDLl" \
	"VyWffAeXJtIN1Hyn3z_R8ri0b9VgalVJznsi7YNQ4r8rdCRGMmF85QyDC28BIPmt" \
	"60MaXZfLFGQ0EyU4CROB3ImkosUPe4_BaLzO5O_nrXCjbpBgR4eYaEIv-iYAepcZ" \
	"VXow2gXzUK3SWQQkFCr0rk7NFZUN_dl9IhxRhvMr34wp5TPcRWey_m31pjF8sFDf" \
	"Q.ETM1PvuaCO-xANdiLs3j3W2U_1xjJwxWKupgYjEl-Gs"

#define DATA_OAEP_256_A128GCM \
	"eyJhbGciOiAiUlNBLU9BRVAtMjU2IiwgImVuYyI6ICJBMTI4R0NNIiwgImN0eSI6" \
	"ICJKV1QiLCAia2lkIjogImVuYy0xIn0.HzfdABkr5ilu0mR7LuxzQLMEHGqRpFKa" \
	"NOOlMLp8wv7mzPlG_zs86Y29EfztKc6sFG3GLhTq5zQ64DIT4zRmWHbWD4W_DMkQ" \
	"VWJbA1sRmVhetGzfoEAd6K8vza2KrIDVH9OKqfq3WUfVuWYkND1-itUYgEpRT5s9" \
	"yejGZo0aXQ5rMZdyEYfjOs6XSZBrpxNlzk9jivfU2Czc6nZuxvrzPyYqxmuSFuuE" \
	"ysYomIh6mtzfQ1Nz6zLGt4se_EAfp-WVsrq8_A57vN-DyrP8V62B8ARzeahqy9wr" \
	"-6TW4EAjTljhnc1vM_-D2cKiONza2DnAbC3tYZA8WvVC24GlKMt4Bw.ygkvQjcO9" \
	"iatfbDf.kQmW5KmmbOgIlKfbBh6xW_Go9999i_1HWBIKrUMna4UDzzMVxBDrbEr6" \
	"CFl4gt3lbqRfTg5pEDeStZi1ro2YwJ6-dfCsvzXN3DXYruRGnXfLM_QiqD8ojEii" \
	"toQm4JKmR5KG1GtHO0MdGIjdhKwNW8OsBR3ZoBPa9WrDMTS7lpoIvTv1myq66ai3" \
	"Lg9fg1DI1qRsBe5EjHqbXNXfn_bmVIkntu2jagbleoATa-PRcjQ6qOooTj_izspf" \
	"G7wjtW_cn6EgrbXstj5dBms0Ie-GudgAKrQVGV6YAj2akdwAR5n_5tYpS_TfmltT" \
	"qYJet62af5dXyHp4FvNLOGWhaYbZ7V14FEV2sa5E8qx8HdnLmSDEAMjjGpp3mKg8" \
	"48FbSMc4_UP--LJA9jGJO9JCENaSWipO823wjQFPHWhVewD_0eWtb8nTzcxLIWD5" \
	"Zkc5wmgClmiVGRXFlKfXSvU7IySaHby5HYreua-qE-74VQ4HjQkD3hiOi2YDJHzW" \
	"GZTCD0pJ53uy_UFeybAYXqv2DRlJt3p7gFXBL5AzA7I-TFzwn2HTFRk5t-yqwsht" \
	"JVFfql1TJa-OzBNO33MnO3qnp4sPuVVjRhXXgkUgkV3STK1O8szPJQbKDtOExeME" \
	"1rRzRCOM5cPL4Rh5-ztVclixvnRJd-rns5RzIKHEscgtL7AuZ5P8CZ8AA9X98gyj" \
	"Z2o-wYLFPSq2_3cnQdYCpLwa_86ngZYgNoKWy9U.98okee7jfSqUoTs7tmRF2g"

#define DATA_OAEP_256_A256GCM \
	"eyJhbGciOiAiUlNBLU9BRVAtMjU2IiwgImVuYyI6ICJBMjU2R0NNIiwgImN0eSI6" \
	"ICJKV1QiLCAia2lkIjogImVuYy0xIn0.vVE9DAEXbfJVBZLWiyczCyf10GZbw0nM" \
	"iIlHfWm-OSKDwatRHHnm6dnBOzqzrA5ZbUCqSKslCxnZYsPfG-QX0T-FmsW4mXyg" \
	"elbuYOzRna5jUoef6iCZDEvwVsO6egcAd3GM-FkoocV1pwu8i6tZ3kRmf86LmJXj" \
	"z-xNLR4yK3O7Ya3CJWyTSBBrjl3ru4_2txybr4xctMmEDpGT2I4sIIGt9lOJO2hv" \
	"g-K1SEFBTFhBwQn12MfCr_BXoDtRI8Nk0H_Fpxcrq5SmuAlLPuk5LvUXd_oLDbj4" \
	"JOveFTVQ31fXp_JSozDFEOqO7SYcrn2RIveJ_TdV4Ag118mxAVIeYA.cqUQjZiDg" \
	"6i3nWT1.8aKoIFf9FXiwG5u4HfGw-JLFXJmGVf334wZfLgrxd19hbC3gLVG0KGK9" \
	"JLh3Gu6MmQ8YqceQrOG4_YdOSgS6w1dYu2cjDbHRhSPv0CQhu2i3u6sTiiTy-TSy" \
	"usbrPQoxFrWd04firC-mJSRicUtZ9ttgSWOUKap7TP3brNCtN1iwNg2p6s6Gq0Cv" \
	"j2t-3_UMVsh2zz1Ax5wKJiGiv63UwIBY245I6G90lZohrsg3RbJjnrqxqQrdlm5z" \
	"ZkBn5HbjslwhCUDBo53XMCgHW5zpwn-zJNQRUWvV0NiBmuISf41Ih5HzpTD7VXYa" \
	"fRXfHZyx71MfLYlp7qeAR7MCxhQzkPUR8aINNTsKaeAByKaP4LWnd1mB07_EFCbR" \
	"vHb-0xy2E9p8d1v99LxrMaDeH56z5RxzpT3EdSy243b_b1uQnmidFrBVQ1EKOA5g" \
	"hajcebsVgBFqUxdjYlwJk8pdL32lAXaI2tRpmfOe0ydze07ijQpNXdeG6OvswMRE" \
	"CgAcLafitfpNCg6Eu0sZU8b8njvBOqb1ik4_j9MxfQw1rZYjYMEqxAKFRCvyYMwu" \
	"j8ccbOdE8X6L-LUau6iXJCM18QuAxemnX-q6Ad7GBYiQTCvKO4RPFWX8V9B08oqm" \
	"RgdapsiDKv1I_Vf9Tsm7HFId0uYVKEzzIC4SZKeR1JBjGc6yWMZb_Iu-04H6ZMjo" \
	"J-eHzVaXDsTUh8r7gOLgi_CEOfzZ1uVvz8Sa0oU.EA7IxWSi4BTPQCmZiUPnTw"

#define DATA_ECDH_A128CBC_HS256 \
	"eyJhbGciOiJFQ0RILUVTIiwiY3R5IjoiSldUIiwiZW5jIjoiQTEyOENCQy1IUzI1" \
	"NiIsImVwayI6eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6IkhnRzJmZnF2" \
	"WFNvR005SG5BTHNFTWtaNy0weHM2a25qR3ZVeVo0aVBrZlEiLCJ5IjoiQUlyejdE" \
	"dHFrU0hpV0V0Ty1qeG1CQkluVC1GWWR5NjhFOVVLSTRaWkhUMCJ9LCJraWQiOiJl" \
	"Yy0xIn0..HYd-05fBF7alTInITnozyg.UZdtuvbvwjky3WknWtHFXXG9NguqKWZW" \
	"QG9vpOLBeXFYYGTNgnp1XkB2WQB62VldyPil1PFMjpVhTuzoEhGPCg803uBREG8C" \
	"G3_vdzJfm4ZGj_OQ6CpbxTCVuXSaMXhjtSTjPEpBGGaM6oDrKu5q1UlJ0dSTStLd" \
	"CwdOvXoMG2wAxTA2TjG2e4MDSHeAYgRG4mIkbffa7WT3KmpQceWnG87QYsJ4h1Sh" \
	"5ecStaygdevRBTJy2iufkAasbFS9t7jxtW5E9dLVrZS3-IYS-lho2Zsg27OqXRks" \
	"9JkfTMPvUQJsTFeNBA1p2FFRKGAgqNGwMFATScQmz0QthwtRJ-Z3zDlP3-wzkczL" \
	"Fm6v2Wptza-bfMi8oueliWnvbeLNkNpcRqSaZcNeLy_ANWEOJjT7bUaBp07VAgFa" \
	"f_JYt4PkuyuZ7jSeGKS6r9I5HfHIdGXQ93443eXC_rogLklbB97Jxs7ntMBfnxAS" \
	"Wz8aDsZ7s22XAjqm4-HdnXLs1ddfWwk25GMTwT3Fi1jhFVLO-GRSqhMVGCxc0dRQ" \
	"CGtWF1UQY40ZQE1u9yQCvmcyKjpbhl9k0LVIAaf1IrPs3Ir0GmnJ0iNthTmhkk3H" \
	"I2Ii3xNbnB2OUs68v3-visEXX7LqGRN5guo33Bd03cw3QvDwIhOlmJ2RXi6mpZeX" \
	"i6BMOa2lVsmB-iXnmBlEttbSD_Xb-6IpGTSFBfgQ4P-vdoj1IBj0yre-ceqEFuLV" \
	"J4V8ZsaYAZw.O_f3Rq7hxls9Mzk_xfmDNg"

#define DATA_ECDH_A256CBC_HS512 \
	"eyJhbGciOiJFQ0RILUVTIiwiY3R5IjoiSldUIiwiZW5jIjoiQTI1NkNCQy1IUzUx" \
	"MiIsImVwayI6eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6IlVydGdPZ1NY" \
	"QjVFS3FhMFZic0Q5WjNmMElvVTRrS0FnSTlmdExxejNaUjgiLCJ5IjoidHVORHB2" \
	"Q3Y0Nlk1T2d3aFQzbVVmMGJVMjdPSkUzNklLQmY1eUs0SGp0QSJ9LCJraWQiOiJl" \
	"Yy0xIn0..O9PU9jFgJRyhnhURuBfyGA.WRuMshdNStE1NoIGaJmJKcRMPpmn9myf" \
	"F0TzWOJwW5v0B1yxixQfPmahIbEp33r88tThDfhPxjv0evL6aeo6eZxH0gemsqyc" \
	"JWig47uwEfIHGc_hbnNG8VlqYAAitXoy3wKDOItwEmvX7b-1jjjRO2HVH-Qyjag5" \
	"WDPIMTEVdsYpWT0_EWNXHGer15G1OMyJxV6rGxc2UEkEdZ--m_MROdgUIcUeZXsg" \
	"6i4uJY46dHrqXvaWQMpZKX2-0mcWEYY_uo-fKhoi4JAxNTVY3LVPnznMV_kQjk74" \
	"kToTkFaOtHuW1P4vsaqpRyzwS6Cfj4qp_w9UmAdwiTmvSfsWTBGKHzwDjagQTF7m" \
	"7FUKzsXMLXkoxD2KEL6DNNjjHBSQQcVzKAdsDpZE0METDKr1TM9tK7D7YSuV45J0" \
	"acczUBMpSFM1FIQ0wFrcrY82cnyI7YEPX24WTO71iONYaSvb_jMaSjJ4CJx17XNw" \
	"jYmTPuaAhhYzh3f0EySa-hZ9pvRMoUqTpaeirqmQrqvrei3OmsK3fOdCAMcTDa6m" \
	"u6D0GCxE4kMg9K6cU9tkhHO4Ojncv2dWE4CjAgLs18IxBNxUpPPvugoWSsyeE8aS" \
	"f8p5cA0Dpl9AkF0ClWe5cLf_-IeBVrK3_0SVkfI-zSL0ZMHjlg5joe1Zc2aPXoVS" \
	"z-FA1gcsPcRxQZjgepK7kMe-nVpT9iIJ9Y6vxEmLTI6Mr4kPUeGuN_aqY3x7X4sY" \
	"g4MpS2qddnw.tj2o9p31d99EHfiZaoTaSoD78GOVayUvpwTFWmfaEMs"

#define DATA_ECDH_A128GCM \
	"eyJhbGciOiJFQ0RILUVTIiwiY3R5IjoiSldUIiwiZW5jIjoiQTEyOEdDTSIsImVw" \
	"ayI6eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImdWLXRjMUt0STIxamhK" \
	"Y1JfUGtTWnRXMkloVnluZ0ZZZ1ZVRlZSTURHOHMiLCJ5IjoiRmcwblk0SlNKaXFq" \
	"Y1dsMHlKV1BTNFV2NGxjcUJyZHZhSVpweHJHNUVqbyJ9LCJraWQiOiJlYy0xIn0." \
	".y9B3s5mWHWQVbIO0.fT5ueFECj3fP41TVwtQ1VTOPOzz0X8yNkzLTNSGyCaJjIH" \
	"vxcbELFLuyngsfGbxg20cWe9N42JzFs3QHPu0vsjDSQsVxocGBI2YUw4SqqtY8Bp" \
	"D_hSDi3gMPly5k4Ko5RcCN2dqA_2JjfCVQGwFfXDFiBh_OvVEgaSenRsOqapOHBA" \
	"p9oJ9EjlyFj4q9rG-l6WBIE2weaZXO7n74P39u2QGMzYtcOB79THYodOV4ff18CL" \
	"rkRNiKRuQOklSgGEzQQB8ehPgy0Uui2AY4i4i03tkL6w2bBqk0w9iLM8PrL0PhZZ" \
	"OL5AjPOPricq3RRpZb73GojPo1mxwHi4clH2Hhfj6xawQPH46O2Cqc13-iLp4SvL" \
	"KRn1x9ynKjY_c67UGe4FAupvkmM9JRybRcREmAXnB0a8b23_y2FYO17xSYlcuBmH" \
	"88E60whLYnC4iQkgAen9dtuGtUhW0uYCL--5C-4XTGog3nm8pxlDNockxjX2NEJe" \
	"BpWUOtPk6AiMFRQZr9dfYQsbzTybO8yT364_AC_XzKKaLusW369KVRRMOTTqxqwi" \
	"3NoZWoM8773vChm-u3p6KDnAHReOLbgneOFz8v2XKCeKKU4xPD0-_fTS-BM_vZ1O" \
	"3Jj4jVYuS4jRiIlqFFNXfdlAX3stMQGAR_vTwpXA3Jsu4bRsmdfarWCjCXshuQE6" \
	"8SWNtE9MrjegMjujC3eOwAaLmqxOfK8A67GEK1rY2L13cd3nU.eR2pyeEzw2LWZK" \
	"S9TlzhXA"

#define DATA_ECDH_A256GCM \
	"eyJhbGciOiJFQ0RILUVTIiwiY3R5IjoiSldUIiwiZW5jIjoiQTI1NkdDTSIsImVw" \
	"ayI6eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6IlU2dHkyc0MwZkRUV1Vh" \
	"bjE4MmI2SndZc0NqZkkyVGE3MUJlU2EtNUVON3MiLCJ5IjoiMmctbjhIMHRfSlNF" \
	"MFRXRDEwQjV6dmtUZjRXN2ZNSGFnYzBqTmVfSFJMUSJ9LCJraWQiOiJlYy0xIn0." \
	".fHdc87YYwaQ94QGl.tgtGCR-cDAh_AEAT_oJGrEWuZKo8fGeBQv23Ydo35XwOrn" \
	"oz9eDVGI5f81CSNrAfRA6EB_qXv-IYSukw4laZX0GJ1l8i40iO7pDwNC84-iGc7r" \
	"LQIXwEfYVaBUsK7daqdSdN68zD0Ye5JIXvIp3gl-iBMvHF996a3-0QDI6G17Ttzx" \
	"B8olL1N_TzNF9fgCS5aaKqP_PEVge8w2pZ3Ei7geN64l0LA5yr17PAT7V4_4PSAb" \
	"J0A-2FLOYf67aHxS2_JLuz3SgCYk6r-DtX-q8jysa08zHZx24nS6di1kMX7jejHZ" \
	"6y0GxPv2UgXJe7MKsDSh6N4mGw4D4SAyf7e4MaMyY74HsYVKYYZ_dOnma10url_D" \
	"oUsczOswAGX6kGClX_CR5H-fWtcxYUlIvkvqbtjV14BpeWibVyqpanCEDCxgcdhS" \
	"kOarnsGLb-Wux_xYhzjeR73Qrzkm_Zi2Tu46jmgzVHnHNgVfhxccCMImBgU7TXcH" \
	"-F4LoUKHahyxnV32M8z2YsIaco4hKppytmEap9p-yyQjOxH8c_XPD9uit39v34j9" \
	"IlxaxsbaZBOryW_HXuFELpCeB6H4YIUtptKv1ugDQrQoFmUCkKSQPFqVOd5hcEO9" \
	"w_d7hXXdeh9GtRVEi6KEvo51C2s-WH0c-ks9v5-OCMBmlMmxi2LtVORzxYBOZcXc" \
	"cKnvi_V_qrBfPjtEfGyI1IMKF-mAU4AjgnVOPBXXe4I5olbwY.7fLpb_KPF4-Aha" \
	"-0jBaWaw"

#endif
