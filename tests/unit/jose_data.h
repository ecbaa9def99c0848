/* Made by jose_make.py with an independent implementation. Test keys only. */
/* clang-format off */
#ifndef JOSE_DATA_H
#define JOSE_DATA_H

#define DATA_ENC_PEM \
	"-----BEGIN PRIVATE KEY-----\n" \
	"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC+OSYMSe1ggCAo\n" \
	"w3K1BKfEvAPbMlU/QPouhqDD1RFGfN0c5qOv4Yf7WDh9rGPFaVbxg0t34uCPhdyF\n" \
	"J0GGup0U5nX0ccwKkd9wn5KCCC2z+GRmSjgAOXyp5nqaVZOQas0y3LjWoqeV/Sib\n" \
	"nkEVcxjM6L55uQd2vo0GdAexkY5TWP2H6bZEbK0vcY8LFnV/1VXWPzx3VuVUWMgz\n" \
	"Vhk6CNOyZUlkZq2zSdoMZbuN3KgQ8Vfiw8gDrPqi599pj2g+GsvuDvbasN5DtOaQ\n" \
	"C0a9ou4ZLVvs7cTSq888AR89wNznBkMTpTG8tt8Ai38MruF670czgw9PgUMxFe1l\n" \
	"M1m++txpAgMBAAECggEABir6NdnLzZ457Lhxprbw7asfAON/6h4kPo/09ISbG8r+\n" \
	"rGo6EoDglODGbCTD02nX/NrB/rAnkd/IR7T/Jew1HbFfT77E2+7g7NjvujGjsbsz\n" \
	"HjH34OH8TdIAVbLCpyMfZi/L+oGpp25e+7TE7Xoe6r39Nxstx8bj8bqfaT2L/N3O\n" \
	"ZcZCeTYsNQePrgC/d5DrEEO4oagbnw493tfZj8LkBbmApn0YM1RABXuWizkCp0SB\n" \
	"9I6gLNReZvGqUgY/Tv4xIZJmHPDR7e04zmNrZe9L4qldhqlJ+PJXrW6RCO0a2vBN\n" \
	"3WkESkmCxnHR7IdFB07EFfokaeqb+PMIW54+pHOltQKBgQD6c1RkTauSd5Q8kRPk\n" \
	"1nxrrA1OHoLn2djIBkcxmMA3KEesVwDpWwLETlbs6czJD/nc5Yv31AD4CIXorA5m\n" \
	"re5FTjJ1Q/lE8QSBetZamFbkMhmF4p3gAlm1Q7ceEPt0syK6E2uyHOFLvwmRoRME\n" \
	"gDQaeoYkpkPg8p2iGXt/7tI5ywKBgQDCcC6mPIymMuSV30Y2gv3DWe1lU48MJ/6A\n" \
	"8ueVJ43JpFCl2QYHweBIAsXrVe4nfltxtIEXczC9p/zbbklO/zABK+egoRXxauKp\n" \
	"zEt55ZrZHftbo5KtuvWgFLDUipnSsYU6+GiEpcLlD4+d3icuOj5wsu/b1g1UUpZ+\n" \
	"x15uJiPMGwKBgQDMe0U378JZf5BkMv9PI1/KeVsToQ24RsEb7yRJdjHZ1uVN7Gsu\n" \
	"G8SSinOmUu2Ea6rRlAlHeqyf1jWe1nubkf6sT0AbRjhK9Y18OdKxfRfUkKMOEQxd\n" \
	"TQ35VSQ5RBxKF8gOrLSNY87+jSc+44gncJUZ2VeUrLtW+j+BjdSri03RKQKBgBhD\n" \
	"S27vC1YJ78BL9kUDH4trA1arkKQhsX6B0SgpoWXSHUY0yK3bIZOa1PvC408GU37i\n" \
	"2WEFvMVN2x2+q2MyMNlUkzjWIRjZD6PEnH5/ik0hkqYiyUDonZH2QwKisQM7p7Zu\n" \
	"HQzAaouO34sBl74LApOpoIi8MzmcfK8hTcVM+RaVAoGANmNOXCCAckA23sTl9fb8\n" \
	"wBsN3KPvopGDRurKesLDa1SzDZ7pRWKZDP86vW1SRKmkSWze2JMODWbD6EGi3vmf\n" \
	"M7jvi9DeFSf0cUP4wPw75bBpSn4/LBiSAmKOjh6t0Dbgpw3KUBOt5lDtPHFB5Cut\n" \
	"z3CYfrQqZhODjl+A4NisLS8=\n" \
	"-----END PRIVATE KEY-----\n"

#define DATA_ENC_KID \
	"haQzmzL79Cb_Cep0d6N8EqF2hs5MsLAXQuk1mm5-iV4"

#define DATA_ENC_JWK \
	"{\"d\":\"Bir6NdnLzZ457Lhxprbw7asfAON_6h4kPo_09ISbG8r-rGo6EoDglODGbC" \
	"TD02nX_NrB_rAnkd_IR7T_Jew1HbFfT77E2-7g7NjvujGjsbszHjH34OH8TdIAVb" \
	"LCpyMfZi_L-oGpp25e-7TE7Xoe6r39Nxstx8bj8bqfaT2L_N3OZcZCeTYsNQePrg" \
	"C_d5DrEEO4oagbnw493tfZj8LkBbmApn0YM1RABXuWizkCp0SB9I6gLNReZvGqUg" \
	"Y_Tv4xIZJmHPDR7e04zmNrZe9L4qldhqlJ-PJXrW6RCO0a2vBN3WkESkmCxnHR7I" \
	"dFB07EFfokaeqb-PMIW54-pHOltQ\",\"dp\":\"zHtFN-_CWX-QZDL_TyNfynlbE6EN" \
	"uEbBG-8kSXYx2dblTexrLhvEkopzplLthGuq0ZQJR3qsn9Y1ntZ7m5H-rE9AG0Y4" \
	"SvWNfDnSsX0X1JCjDhEMXU0N-VUkOUQcShfIDqy0jWPO_o0nPuOIJ3CVGdlXlKy7" \
	"Vvo_gY3Uq4tN0Sk\",\"dq\":\"GENLbu8LVgnvwEv2RQMfi2sDVquQpCGxfoHRKCmhZ" \
	"dIdRjTIrdshk5rU-8LjTwZTfuLZYQW8xU3bHb6rYzIw2VSTONYhGNkPo8Scfn-KT" \
	"SGSpiLJQOidkfZDAqKxAzuntm4dDMBqi47fiwGXvgsCk6mgiLwzOZx8ryFNxUz5F" \
	"pU\",\"e\":\"AQAB\",\"kid\":\"haQzmzL79Cb_Cep0d6N8EqF2hs5MsLAXQuk1mm5-iV" \
	"4\",\"kty\":\"RSA\",\"n\":\"vjkmDEntYIAgKMNytQSnxLwD2zJVP0D6Loagw9URRnzd" \
	"HOajr-GH-1g4faxjxWlW8YNLd-Lgj4XchSdBhrqdFOZ19HHMCpHfcJ-Sgggts_hk" \
	"Zko4ADl8qeZ6mlWTkGrNMty41qKnlf0om55BFXMYzOi-ebkHdr6NBnQHsZGOU1j9" \
	"h-m2RGytL3GPCxZ1f9VV1j88d1blVFjIM1YZOgjTsmVJZGats0naDGW7jdyoEPFX" \
	"4sPIA6z6ouffaY9oPhrL7g722rDeQ7TmkAtGvaLuGS1b7O3E0qvPPAEfPcDc5wZD" \
	"E6UxvLbfAIt_DK7heu9HM4MPT4FDMRXtZTNZvvrcaQ\",\"p\":\"-nNUZE2rkneUPJE" \
	"T5NZ8a6wNTh6C59nYyAZHMZjANyhHrFcA6VsCxE5W7OnMyQ_53OWL99QA-AiF6Kw" \
	"OZq3uRU4ydUP5RPEEgXrWWphW5DIZheKd4AJZtUO3HhD7dLMiuhNrshzhS78JkaE" \
	"TBIA0GnqGJKZD4PKdohl7f-7SOcs\",\"q\":\"wnAupjyMpjLkld9GNoL9w1ntZVOPD" \
	"Cf-gPLnlSeNyaRQpdkGB8HgSALF61XuJ35bcbSBF3Mwvaf8225JTv8wASvnoKEV8" \
	"WriqcxLeeWa2R37W6OSrbr1oBSw1IqZ0rGFOvhohKXC5Q-Pnd4nLjo-cLLv29YNV" \
	"FKWfsdebiYjzBs\",\"qi\":\"NmNOXCCAckA23sTl9fb8wBsN3KPvopGDRurKesLDa1" \
	"SzDZ7pRWKZDP86vW1SRKmkSWze2JMODWbD6EGi3vmfM7jvi9DeFSf0cUP4wPw75b" \
	"BpSn4_LBiSAmKOjh6t0Dbgpw3KUBOt5lDtPHFB5Cutz3CYfrQqZhODjl-A4NisLS" \
	"8\",\"use\":\"enc\"}"

#define DATA_SIG_PEM \
	"-----BEGIN PRIVATE KEY-----\n" \
	"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7IeICMbQAtwBm\n" \
	"cZR/bCJ25o3o1fysrV5L+bNIcVTbEk9JRdRL+mjvHMPQ3RMptExUMzF0Ynz+RqXf\n" \
	"P57zGeeaLp08QM69QBPP+ujxmMRoY8yACsZzN87m5pgVHP7F/AiN0aEYO2n9ljRl\n" \
	"APLDAp/PbqFnof0OFihsikh6z3NbBYLg1w5GYGM67GZUT5OGfecjnfkuxQlT4xBq\n" \
	"d94DwDmRfLrytzd4hXTSyxfoxnZ8PGYMtnJ0fwDlfh9w1RVPWCSAYsyehRiOyKbm\n" \
	"bpo9NkRIw30IJZ0Xc8I+EyOUvTJM8I6x6Xd+czBaE4z4JSM7m3DdqHVKpGOySZtp\n" \
	"waPMhJXJAgMBAAECggEAJfzi3H8qg1qjAijcdGGHPYvgEvwdpxAqrFGsS3B2QWKe\n" \
	"Jcm/Jw1Wb/Pu7F90nGq1dAJQb8fuh8/frEpGAiOoGGyODsU5MsHnQ7kzwJe6h1Z7\n" \
	"FSMa1hjmL4lwJhkUvyxCsEd15G1rPsdXK4ndviiyOHHE4jzIGiv1WNNZk1S5nihP\n" \
	"X4Vx/ykgRFfZM4ypGygr9/plVfhEV9Ow3gdyyzWXi/bTzYD1RsS4ovHGqiV8fhud\n" \
	"zJxi+uInZLScJ/0g6OOzAx6KHDN+FOcZp1vCwAxqRPIXQzBkSGCSFkVO4Llz2oHh\n" \
	"gL6FcsYN8jSenf9YoRiY5ykVGoq6Ykj/qU+RR9tb4QKBgQDfR+k/uymkq+msnDJ8\n" \
	"XWG27sghU+Fh4fKQ13+Fn+8sb8xb21i7PQX0aLw+j89hs+hI0Hzk8dG86KQzJSKY\n" \
	"eF1F8K+tdEzkyWUf4bFNqUSW5Bi06sDTpGyQrwrgaMBr/31RoE38JDlnnBB8MdYb\n" \
	"OijX+xtefmnJa9MEVp4he6/CQwKBgQDWjegU9YZ+4HElkJewpBUfu2jAmm9iyWA+\n" \
	"lDIOcr3BhIyCGyA9larsfFSNYVoXBb98+xETJKzp9J2P/3kNHlGdnze3W4aqwg5t\n" \
	"VyV5m8+cvd4dwc6NjWmDUovH56Hc2vagADY5mIDj1JdyUkc08n3zQGpe7N39n4dU\n" \
	"/ZolWQ4FAwKBgQCer2vtOGZrOybS3xveWTumGGQxk3y95ShQmmduH3GLIlWZ/vU7\n" \
	"9S2zO3B2Ah0AMi1m+o2Y5OgMG0b/dmf09q5Lk7g3TU2M2Dk/hFZPfHpbxvZsNd8f\n" \
	"S19BILZZMPl4h9aX2ZczGMeXhEoPChhBt37pqPQVn0Atv6z0C19NKquKIwKBgDZp\n" \
	"Dm4iRdVvPcJ1BML7GZBOiqYthAndX9b+5iLb3ltxLeDg2DBGAG6wqRChm6MzBfjA\n" \
	"AviD2IYMTtjxxNUa1z/N3OdXArPTOq1n6E0Kwn/Rdr69I5CqSBPRnzk2+Ml1jg3N\n" \
	"f/LjReyBQVbwnrZCuMYzk8Y286UaC8v19F18VB3ZAoGADLN4l1tuHdwsIGo4sXxE\n" \
	"mJcuBc2O+tUPnwg0XpMSV9DnM3tC16aUS+5FOczEb9eN7eo2wB6Aez2XW4roVIph\n" \
	"tF/u25RxC3+tWfGi1TB92yRl+Gd2S0uRzzbN3vcR6lmabMXleGKtZda5CEfD5eMW\n" \
	"pPY21Hih0JXEs6yfFasFw6k=\n" \
	"-----END PRIVATE KEY-----\n"

#define DATA_SIG_KID \
	"ZZh8-ClTDT0v7UyGCgY-XBduiXFkswdFf6IA_h3q2Z4"

#define DATA_SIG_PEM_ENCRYPTED \
	"-----BEGIN ENCRYPTED PRIVATE KEY-----\n" \
	"MIIFLTBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQIRJ8Vdcb8NoMCAggA\n" \
	"MAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAEqBBDHaDPiApVyOFCQa2WwBptIBIIE\n" \
	"0AJh9kD1B7fjihoz28NiBENK5N+DO8bLodck3PAVVp5e12d1CNLoxn332rolvGl8\n" \
	"iqSiIuKvH5elwtMP+3PHkzgQaUGagpw+T2b5IuMAyAYdJ825ZUa4W6hjTlPDX/yA\n" \
	"vz6IaLn4n1illAQSFyTq5IGWQgbdhmRH1qnkvRwYkwd3dhZvO6sDupTCUWJPSMEg\n" \
	"8DnMX33Cqezp1GFRx58E+Xe9EFvKdEJMppJ19SR/W8uYECgshPU80ORy/BzlKmKE\n" \
	"AfuIb2sCUEquR46I1j3DkAGdzNMd8sOrM9uff7bKXEqTNDdeyEBjcO85yEEgBqOd\n" \
	"LPeB5cGkFfFHJYcCpItof/XoJVUrMP5wWl0WRbfRYv8XM7a/xIp4CdcvXRn/ZbLw\n" \
	"9D+3XtiSFJTg1gFCKjxYAytB+kV4AP+kxUV0GjHbNhvOpsicv6vEF1LsPBkyv70l\n" \
	"kP7zBl5uN3pLlx9RcDw9SiHq37RiBdz99IC9mYumHCM86hsbCwXVo/g9I9AoyFaK\n" \
	"QnxyhEWDnNGBETj5xp2HGjBi+SmY74kL4v8O0mO51mL5WmZVGQCjyZIUlpPi5k9s\n" \
	"Juu8eyrS71xo20U/XDk8bhxuvobaL6+tz4ire81tLANC64jD8x3a6VKuUIT76Y6c\n" \
	"W419uScex9zu5lVeoZn7PgijEyk8BxEmsepRrhflarqk6JbpYfip5q5FeWiTV3i3\n" \
	"X9f8QCIPK1qTeXczOsv6CUU24st/W8J7BmtPdCQvWYrsUkDLwcz3MfrzAEZPTm1G\n" \
	"gQsCjsEm2CBZXjc4LKZnBBvvAksHETpkZh+igVKOaqp+8u5QZztTGknpgrkWYp7e\n" \
	"v/JHNfr9j7/h1uyY8q+13vOrxcMmrcvNA5L6UsIkQc5zNDW5h8NKzJMsni4Moe1v\n" \
	"s+wI7B18xUejE6Kbwh36cLlYakyO5tP5uOSgQYzYRks5hN+jIJe/NEIS/GOVOnFs\n" \
	"I0aCnieByNMjNMHbsmUx7ZI6sJ+ee6v9I6bd/nly9v70D1oYDSNcOyCD2ieYRvAD\n" \
	"bYrkUOeh006+VC0VLsDbCU+KS2GFY1M2J8r3dNNkZ6LdlCRSk0gNwIMwWxuq9pgn\n" \
	"tuZTd/W+iY73YvdXp18iV+VUb8/fyGAsd4fJ9V0/5dPxC/W5nD1OJrKfZRl+JDWS\n" \
	"1oUqTOb4nm+lArRfcVoweJUN2PKwjbIHjfSqe1u9t7rJrVVIIDGY5loG+Xx0JXd4\n" \
	"FEjnOBcgYnbpHYS+SvX6uvm7orunWKSweYNlwGCLZkzIe/0HY8epTP115P1hZfjF\n" \
	"8wBThXdaVpFmFUbXmlYPYAObegvCktHJ9vBVPrHY+U120TG4A9dHmJNDDn8R/R+L\n" \
	"sv7wVDk2+GErAVKDtSjdHmQvB5AgDbxWD2cijvREtPxrETptVOX6710YdoYwyWVF\n" \
	"G9ZWyAuFBdVvmbmkswXNpL1r2yT+RddNamGw5sWr4GWu3E57bYFs+2rnj7cXUtvx\n" \
	"oi/MpVkF4gLzrTLsc67MESmcOIFqEuuj6zzSzc/YweLc408libGVcHJJU5cFbh5L\n" \
	"Wx65/Jkj+Pm0EPpiT72tNNYTcj78ePZyDnY18EJSppaQo2wHI7yglhwZPKdh4fcV\n" \
	"DOOHCr4BiQMBOtPNz89vP05T0hUp7nznTT887hPdU2GI\n" \
	"-----END ENCRYPTED PRIVATE KEY-----\n"

#define DATA_ISSUER_JWKS \
	"{\"keys\": [{\"kty\": \"RSA\", \"use\": \"sig\", \"alg\": \"RS256\", \"kid\": \"i" \
	"ssuer-1\", \"n\": \"tK4TCacrKgTndwsRJ63HwUxndLyBn9eI8SQYIsV8U70H7_zY" \
	"HwHwMEvjc7VWpJi25ttPbuAuRZiBwVJWOBfK8t56nLw9NoLcRsp_suTiWHEtijjE" \
	"txisHsWj4n6h1fxv7owCdrsyw94wHSxoKke6uH-5nyUWldr1hu4-PGPVOaVidUO-" \
	"OXyZdhteyr6eE_BD4aWoK06PeEONYzxnTW435_P_tl1FmOsiNuYo7ZLQZZe_gv3t" \
	"-VHez66qU96ImAT5J4y6zi_t_SFk5p2V1LiXvIXyVkqWoZ1uBxZK01YkNh3aaVqP" \
	"Q2bsVjACtnlmk1imSDkxV1MMQKLy_OgdsfnyYw\", \"e\": \"AQAB\"}]}"

#define DATA_CLAIMS \
	"{\"iss\": \"https://idp.example.test/v2\", \"sub\": \"0123456789abcdef\"" \
	", \"aud\": \"client\", \"exp\": 2000000000, \"iat\": 1700000000}"

#define DATA_INNER \
	"eyJhbGciOiAiUlMyNTYiLCAia2lkIjogImlzc3Vlci0xIn0.eyJpc3MiOiAiaHR0" \
	"cHM6Ly9pZHAuZXhhbXBsZS50ZXN0L3YyIiwgInN1YiI6ICIwMTIzNDU2Nzg5YWJj" \
	"ZGVmIiwgImF1ZCI6ICJjbGllbnQiLCAiZXhwIjogMjAwMDAwMDAwMCwgImlhdCI6" \
	"IDE3MDAwMDAwMDB9.joKzwMDdJ9vBSozS_PLzaKxjKZN0yRvUetlKluqwf_2ycTK" \
	"5Plf4u7UHa-92gFeFHhHK3V5Z4-dFzaVA53R-L3_bDLF_-PeUCsXNjl4NLK_cITY" \
	"xbgq9R9YekrOZCQC60vYygQNwFMW6ZrTAe2fFc46GmBoHZGnIqx5aXnzNU2uucbM" \
	"taKajFpqxPuZhRHcp8gBcSxhaWJy_LBZZGDLzE3RGXleJTD1KKjBiko0B7B_s3QD" \
	"XKd9gXSCoXd2eqRqFcPXGgrdTdl3uUqFq_QwLuOc3OOIDAMFR69vcjJ6IPnXvzIC" \
	"kmYWS6DdztFV1CBcSuRF904NZVNd2BYM90niWIQ"

#define DATA_NESTED_OAEP \
	"eyJhbGciOiAiUlNBLU9BRVAiLCAiZW5jIjogIkExMjhDQkMtSFMyNTYiLCAiY3R5" \
	"IjogIkpXVCIsICJraWQiOiAiaGFRem16TDc5Q2JfQ2VwMGQ2TjhFcUYyaHM1TXNM" \
	"QVhRdWsxbW01LWlWNCJ9.jSvfjWDAojB4QeWeRGUK6X3LrayJbRmJc10vWxJQlRw" \
	"BS3xamL0rvDCED7gkII2QUawykAKgqLZVVKDmzxRM1tKl2lcDpAbd5Y6eWtRlVoo" \
	"v0JhJV3WOoMem8hGedLBS-p68jjvSzMVCSJktCpMgC2mcKDScJ4wlDbFrxQRz_fp" \
	"oWqCqnxqG_S1vDjshwfNfNl568eY3w1q5RIRm82V9du0LqZ4XzcSgfngSNb25saA" \
	"2ViipxbZeF5ywUp6xIcxXxvXJmUqQKS-zffAsd0fEvwnef-yFEXsR3lg4dexPcPo" \
	"aLEBOyw7j6ZFk9shllETyiOb17s7oAV-UC8LTYqTh7A.EEvCM17OVSYdKPUukoWP" \
	"sQ.AdxgHCd6IeOXhcWfobBGqayEq5qKXe_E0W28CC0CZYaNYSp6cuViBp7u4_NgD" \
	"mRUXzY2cLc4FhKJyDuXyTT97oI5IA6nHMTzzSDsKk1OABRsz8yIkKVKVh1QSq0pY" \
	"lZbTSjZA8ldbrNoBm3mYsfZkj4C0wzrpbpJ3wSdCaAIPLXgB4XDooy-IlIvtFQCM" \
	"jUs-7l6mMnVDNB6KkUAEL0i979kWmHyUK_sw6HBKcHCVPtj4doMsh5DX0truYj1j" \
	"N_W5gkNaJMLuEpCHkc3mLfNTrUDIuRGNZ1SFLvfFKXomUhxvBRrS6nLGe6nlM4sX" \
	"5rS998-pTBEb_z5OvS01dKMkOzS90FgxyaVK1bBzlGIlisNQeEZQrdRpHkDZGNYx" \
	"nwv2dWejYyIKHvv4cBKMIV9kJCFAFDGs04HB1SHnYm21ZEa2YCVoolX9w9ECMGWW" \
	"h7DhFXHxkrztuyI_k5vCfNHS6lEXRevpYq6pHrdt7yMhpaPq18yJvbRSWFtSOS0a" \
	"jSbM2288hOGBZ8Bt_PaRuP8hc5D4hosCFEojg3mMSXNsyvN1-mDdTF42d-FId7o-" \
	"nxv_THWxwQCC1M43lSqFQ5djNhn0bknnjX8grGI5SOC0YT_zm9-LGQ4kxvF7PNUX" \
	"M45wEXHLHpCB40ZulGXjEEeNbUez8c4FgZIFBBdie7az_wwmIpYs4lZf3ggXA9N4" \
	"QfpKgaQBwWW8hzMMKTsZdWl4wC7Xm9J3MLnQRvzuCy1rzs.dJP8IcUccm36lm8dq" \
	"JwY5w"

#define DATA_NESTED_OAEP_256 \
	"eyJhbGciOiAiUlNBLU9BRVAtMjU2IiwgImVuYyI6ICJBMTI4Q0JDLUhTMjU2Iiwg" \
	"ImN0eSI6ICJKV1QiLCAia2lkIjogImhhUXptekw3OUNiX0NlcDBkNk44RXFGMmhz" \
	"NU1zTEFYUXVrMW1tNS1pVjQifQ.r3VAhptfDwsDgXgLrUVQ6FtEP8YtUzqOkkgHe" \
	"SDBE_bQ-UblMVobRZhd3TM6LuC7mU0Qk1vM3nd88uq9LrRlBcStN8R0T8yhLeVVK" \
	"Yd2zx4XQls9BR3DlFG8cqqPLhapK7v-iVQe5BB05KVcvR7_-ZXYhAoir9TAlrV_x" \
	"yvH-fu05DGvCueBl6Jeg2H30OdkfOZgpSOqy6dV9892BK1B68KuG4cuiFTY-9eou" \
	"xzAmAMaagvhpvt9mtl9nmxIZO8HiNhb7pQe-b-KTk9auj1grnu8Ty06BDP4A0q85" \
	"YuOY55pwKg8tJ3flEGKrPyghWT-yWZ_65DPf6uS0NqqPSP9cA.ctJ9HcHJWqVqDN" \
	"kLcmmzJQ.RrrhP9cVq9kVhT-WX9CELVlVgM4P1UG88oLbfrq-j8xC9hRmXhUbeo8" \
	"nfGGutFzhyoRmZWNlUH-vKWvDgayPaDktSWMtvqOXReI6hbuaabScNIlBCVMkI6W" \
	"lV8S2hKbLjWwmz8gnwxrU4t5NEsYKj2Xp4eySADH-QSm9tx1Kp_CngkF31CRzNss" \
	"jl2rTT7eQMPvJGBj3yF2MNBAoP8i97yv0IoP44vjl8YcBEcty0va4Z2mVUyCC-_W" \
	"yhw3YY84XQUGiB8h1gG3yXAb1XGiFBj9COSlIYmbe3_gc-xzM6sJuRck51699NzI" \
	"uqTTbQ3bBttA_BaqcC8HhHVWUahHgvf4as2pPiUE2wC9dGb9P0U71CvzGHKH6U44" \
	"W87hALO3MIE02JOFiTyO7VziypsNAbsrX1Eypc5u4A8C9_5ws8yoMBEqRvo1ylV-" \
	"vMcKzlkXimaVWKzc1iPyqfVCRojVCtHmMLVMbY4q8taStii3xecWdZp08H5_zW9d" \
	"5K7LCxCpJuoOt-RICeY5tDKp2POJ9p1bq4CQ2kpc1TxaWmRP71kMWwVbl1gWaCcB" \
	"ppZ-MKxUNxA1qPgIYTM8n4u8WV3rZvzIYdf6N_EIXs6z3xAfGoNIKHi7WwYk1Zsd" \
	"nVmjvfT3kEniUg7I6YGe-xzU7C8Nz66uF5IjtKjsgtvFC2Ljw7KYKVXUjg6_vLZ7" \
	"EHe_FZSPAyBsZjVfJvhTz9I0_3vm8_H0fP-GMkWIn9WXwF9TFhvQ.T71huGxeqFV" \
	"pKwL1sb3skQ"

#define DATA_BARE_IN_JWE \
	"eyJhbGciOiAiUlNBLU9BRVAiLCAiZW5jIjogIkExMjhDQkMtSFMyNTYiLCAiY3R5" \
	"IjogIkpXVCIsICJraWQiOiAiaGFRem16TDc5Q2JfQ2VwMGQ2TjhFcUYyaHM1TXNM" \
	"QVhRdWsxbW01LWlWNCJ9.SPmWSvuTTggceDbpd06LO5ak8hutKovgNOAtG92dz52" \
	"KRLsCJIGr0lgvnJpNTfRYrWpkzJg2cOtzKVGIz1ySkthvZZrJQGVKtrttW7D_8Rc" \
	"Ys-IdeHiNRF0U0pq5tCvoOS6SMnNMUwjuzpc_v4VQp7KwuCA03kd93JrE29D22f9" \
	"8KvRi_EwYUUXelZZa9pvY9ETUO5WklzdjvhbOfjUeDqGy8D0z3rwZcHOHBgGB1S8" \
	"oeHTL6vN1IytM3qLK-Zed3njG2oD-vyK9Df2DYYSmpiAbshlVNypenUbasz4Nefn" \
	"P75xIdNoGhA5bUaso9Mt-H5BUjb2w-bs9MDyArfiFIg.WxKPM47752lB1OW3oji2" \
	"kQ.7s_peCl3-BMGz4eJ_iMWlcpuBiImBAWEehuc6Gfg3vKA1Kb1vXg9zBONqZ1mY" \
	"rZT6eeYbF4EzuhIjRID3ltdrFSi7-tYjln39QrFkVD1ZPQP0TjysWApnJFoiqgcA" \
	"2dzHT5JvXCtLCywzwZ66iSAiUBjGn_RtnA3AtJodktFZpU.77g5TN7ni8Hsv3rcK" \
	"_YGjg"

#define DATA_JWE_IN_JWE \
	"eyJhbGciOiAiUlNBLU9BRVAiLCAiZW5jIjogIkExMjhDQkMtSFMyNTYiLCAiY3R5" \
	"IjogIkpXVCIsICJraWQiOiAiaGFRem16TDc5Q2JfQ2VwMGQ2TjhFcUYyaHM1TXNM" \
	"QVhRdWsxbW01LWlWNCJ9.UQedXcaQqsAK2pkxBEbydeRg6yK3M-InBE2BlcukboG" \
	"eFQzY-8iyvk9SX3GoFnitH6YMXt0pOEOksrcKN5Kkl3B9UAk_DdQG9zVHhfF6kCK" \
	"KPC1-HXddNJxyPGGAcS4As19CUHT_k7Vj8HZgOcg4gwFnhAJV7luQuXi19V49jxk" \
	"84ogSWePbX_vzNyBifBBhjsNIT_FsQVEjkDbGm-tPE8n863P9Y7bYzbSUkEFqL9f" \
	"QRYEyIWcIf5N0Mifd7JKRn0Kk2wv0C5XunHTmgfTve7H-G9JNj6obxAv5pIEvmxK" \
	"UtUuFFEF9iw2cSVs0087qeJw5BkQhXzHe19e49M45uw.RC0zIE-LXGKjLxPmLJpi" \
	"Sg._r8NTJ86uSqSgDnZGq57YA4L50oR5hrUfaJihlFKNXwijSM1i3gNqGzZg4kes" \
	"51aRsr9kxbaJD1FbHQ3KDjIn6NeJmPXeouHVHB2BZ0oLehDPq5Dlk6nplnutZor9" \
	"eEWwCnF3Bjgnug8mo58rBpHzez5DGH9L672Cats6dGdaCVqInoTC7pJt2cYwzL-m" \
	"zCWFu3INOwdyPOlyYjFI9NUkDSa7CMjztd-tuM66PsZ1clcjgyiXAeQgms-ojDfH" \
	"1sX15d7hjLfgOoXLbpXHUsBuP3SwCnGetVDAOG-6I6tDvKTNngWR6tuBIk0lt64T" \
	"B7tLWZCAeZCpJJydhaw8xpA3gJwWSfCrv7818Kt6AUAbRDu4JP9nHhFuuJ2Il3FT" \
	"Cj6HRW7nj9OcbyJIlL41YTVgIAblattYb-w8C8JgEvVRL2pNWxcgAwZ_vJWiR-kK" \
	"PoMUdjQibo2PI5T3ZqgPLzbJIJbcem-0wr_t9OX_mr4vLUZIkEgurO_v1k71M8ib" \
	"s_KcZwNQTcpdZGHTVjacXgqfWga61gpeaHjgzw1GvywXbBd8DbhlQO8OOwEPZp6d" \
	"vzVgscdmols3RhO9OY0OHoFJ78x8zutVyfROrsr9-FCRJVbVhQHxykV7Ov2iaw7k" \
	"FnhefmEDVeKUJiAkwxuxnd0S7mH4g8IKtGBqlJGIgZq7qwiWM4Qx-BJ7vtWMSMM9" \
	"yh_bXYjNvmN_QsCQS1F6ZgEmeVhgKavs3qnnhkP9aWfLwtM7MuOfuK_U1GyUsRQN" \
	"si_x_zyF5-7vbICTh0pvBRuIdgtbjz3ADZRqktu81yl9UWbFlVSRXBssfqfiyx6T" \
	"EySpdlNK36v_cRTOqyszikh6ck3xURWxza9DrvOq7MISSurZ20s9xBhF7R1RrKR5" \
	"36UM_C9G0qSRhY38dq6Rh6ZgALA-Z7lesoDmDLuoBJUXOMTUrNB2pF5G_WT-kwDx" \
	"xLtG4LbLbEoPi4hgF3xxrXoafVrDUSc3gbjRWohWJcJlNpkBaoeNJbVNyQRuks9l" \
	"atfRET0UFETaVUgPy7fkjKTaqriQMckdeTwnh5x4_-MgqU-woA65RqWo5ZKYyDJU" \
	"n8ucImwwgvdvwQO4TVOfqb-4tycC8vXDwzmg6x5ErTGT5WugwGiSupr4N3EmILnP" \
	"yHKKlr4yLcziCgD4TT_Ae-pJzjZQwm_jdLJIt2HMEI74mlwcXdyh563X6KsMkpPc" \
	"o4tP0nDFr8ChcEuLjICLUS2ACc3Uju-0yq8Qgx-acl4qmljCcHLWV1yDkqE3NbSu" \
	"HRDfsZbJC2cpf8D-YDW9MJU6b7zNDlE4bGkEiqghGQVrOJdBR6npZZ_GpsjfWqo2" \
	"4HbWKIUueRFHcWPhDs9W7EHgUDFPiGXyeG16Hz78HBttCRfMzDvmoWS9D2VCycmf" \
	"uMzcD4mTErLZ03kzTjLrb0C6Jmf90huUzvCLGkuaL7HDM9KHrTye2XOJzjNz6Gyg" \
	"xr6AVzpRigs6sz6THbtSNF9HQS6NsLiZaZQ7n_gFGUaWHKWiw5QLAXJiIHGxIna3" \
	"i7rR0kex0WppPSLVC0utjUxFa0r4HqH7BtoNHC-OQUmIe4GZ_qHbt2kfO0aoCXbn" \
	"BiwgHBjqKDe_y8WkOCy6aGlZVLKheihKMqcjY1i_Gz4b9vfcvH3UW8D6rVFUdMjn" \
	"UbQr90oEkqRVxTWTjft9wAEmo5Jd95bKH6cWBRII16_cv9yohc8nd4qkuRr6d3b8" \
	"Vr1.c3zmereadQ3yrpJomHue3w"

#endif
