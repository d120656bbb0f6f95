"""Countries: one spelling for each, whatever a shop sends.

The code is ISO 3166-1 alpha-2, except UK as the brief prints it (GB becomes UK). Names, alpha-3 codes and
historic spellings lead to the code, in capitals or not, with accents or without; what names no country of
the list (`European Community`, `Unspecified`) is ZZ. The numbers are those that map data uses.
"""

import unicodedata
from functools import lru_cache
from typing import NamedTuple

UNKNOWN = "ZZ"


class Country(NamedTuple):
    """One country: `code` as stored, the ISO number, the English name and other spellings."""

    code: str
    number: int
    alpha_3: str
    name: str
    aliases: tuple[str, ...]


# Code, ISO number, alpha-3, English name; other spellings. (ISO 3166-1, 249 entries.)
_TABLE = """\
AD 020 AND Andorra; Principality of Andorra
AE 784 ARE United Arab Emirates; UAE
AF 004 AFG Afghanistan; Islamic Republic of Afghanistan
AG 028 ATG Antigua and Barbuda
AI 660 AIA Anguilla
AL 008 ALB Albania; Republic of Albania
AM 051 ARM Armenia; Republic of Armenia
AO 024 AGO Angola; Republic of Angola
AQ 010 ATA Antarctica
AR 032 ARG Argentina; Argentine Republic
AS 016 ASM American Samoa
AT 040 AUT Austria; Republic of Austria
AU 036 AUS Australia
AW 533 ABW Aruba
AX 248 ALA Åland Islands; Aland Islands
AZ 031 AZE Azerbaijan; Republic of Azerbaijan
BA 070 BIH Bosnia and Herzegovina; Republic of Bosnia and Herzegovina
BB 052 BRB Barbados
BD 050 BGD Bangladesh; People's Republic of Bangladesh
BE 056 BEL Belgium; Kingdom of Belgium
BF 854 BFA Burkina Faso
BG 100 BGR Bulgaria; Republic of Bulgaria
BH 048 BHR Bahrain; Kingdom of Bahrain
BI 108 BDI Burundi; Republic of Burundi
BJ 204 BEN Benin; Republic of Benin
BL 652 BLM Saint Barthélemy; Saint Barthelemy
BM 060 BMU Bermuda
BN 096 BRN Brunei; Brunei Darussalam
BO 068 BOL Bolivia; Bolivia, Plurinational State of; Plurinational State of Bolivia
BQ 535 BES Caribbean Netherlands; Bonaire, Sint Eustatius and Saba
BR 076 BRA Brazil; Federative Republic of Brazil
BS 044 BHS Bahamas; Commonwealth of the Bahamas; The Bahamas
BT 064 BTN Bhutan; Kingdom of Bhutan
BV 074 BVT Bouvet Island
BW 072 BWA Botswana; Republic of Botswana
BY 112 BLR Belarus; Republic of Belarus
BZ 084 BLZ Belize
CA 124 CAN Canada
CC 166 CCK Cocos Islands; Cocos (Keeling) Islands
CD 180 COD Congo (Kinshasa); Congo, The Democratic Republic of the; DR Congo; \
Democratic Republic of the Congo; Zaire
CF 140 CAF Central African Republic
CG 178 COG Congo (Brazzaville); Congo; Republic of the Congo
CH 756 CHE Switzerland; Swiss Confederation
CI 384 CIV Côte d'Ivoire; Republic of Côte d'Ivoire; Ivory Coast
CK 184 COK Cook Islands
CL 152 CHL Chile; Republic of Chile
CM 120 CMR Cameroon; Republic of Cameroon
CN 156 CHN China; People's Republic of China; PRC
CO 170 COL Colombia; Republic of Colombia
CR 188 CRI Costa Rica; Republic of Costa Rica
CU 192 CUB Cuba; Republic of Cuba
CV 132 CPV Cape Verde; Cabo Verde; Republic of Cabo Verde
CW 531 CUW Curaçao; Curacao
CX 162 CXR Christmas Island
CY 196 CYP Cyprus; Republic of Cyprus
CZ 203 CZE Czechia; Czech Republic
DE 276 DEU Germany; Federal Republic of Germany
DJ 262 DJI Djibouti; Republic of Djibouti
DK 208 DNK Denmark; Kingdom of Denmark
DM 212 DMA Dominica; Commonwealth of Dominica
DO 214 DOM Dominican Republic
DZ 012 DZA Algeria; People's Democratic Republic of Algeria
EC 218 ECU Ecuador; Republic of Ecuador
EE 233 EST Estonia; Republic of Estonia
EG 818 EGY Egypt; Arab Republic of Egypt
EH 732 ESH Western Sahara
ER 232 ERI Eritrea; the State of Eritrea
ES 724 ESP Spain; Kingdom of Spain
ET 231 ETH Ethiopia; Federal Democratic Republic of Ethiopia
FI 246 FIN Finland; Republic of Finland
FJ 242 FJI Fiji; Republic of Fiji
FK 238 FLK Falkland Islands; Falkland Islands (Malvinas)
FM 583 FSM Micronesia; Micronesia, Federated States of; Federated States of Micronesia
FO 234 FRO Faroe Islands
FR 250 FRA France; French Republic
GA 266 GAB Gabon; Gabonese Republic
UK 826 GBR United Kingdom; GB; United Kingdom of Great Britain and Northern Ireland; \
Great Britain; Britain; England; Scotland; Wales; Northern Ireland; U.K.
GD 308 GRD Grenada
GE 268 GEO Georgia
GF 254 GUF French Guiana
GG 831 GGY Guernsey
GH 288 GHA Ghana; Republic of Ghana
GI 292 GIB Gibraltar
GL 304 GRL Greenland
GM 270 GMB Gambia; Republic of the Gambia; The Gambia
GN 324 GIN Guinea; Republic of Guinea
GP 312 GLP Guadeloupe
GQ 226 GNQ Equatorial Guinea; Republic of Equatorial Guinea
GR 300 GRC Greece; Hellenic Republic; Hellas
GS 239 SGS South Georgia and the South Sandwich Islands
GT 320 GTM Guatemala; Republic of Guatemala
GU 316 GUM Guam
GW 624 GNB Guinea-Bissau; Republic of Guinea-Bissau
GY 328 GUY Guyana; Republic of Guyana
HK 344 HKG Hong Kong; Hong Kong Special Administrative Region of China; Hong Kong SAR
HM 334 HMD Heard Island and McDonald Islands
HN 340 HND Honduras; Republic of Honduras
HR 191 HRV Croatia; Republic of Croatia
HT 332 HTI Haiti; Republic of Haiti
HU 348 HUN Hungary
ID 360 IDN Indonesia; Republic of Indonesia
IE 372 IRL Ireland; EIRE; Republic of Ireland
IL 376 ISR Israel; State of Israel
IM 833 IMN Isle of Man
IN 356 IND India; Republic of India
IO 086 IOT British Indian Ocean Territory
IQ 368 IRQ Iraq; Republic of Iraq
IR 364 IRN Iran; Iran, Islamic Republic of; Islamic Republic of Iran
IS 352 ISL Iceland; Republic of Iceland
IT 380 ITA Italy; Italian Republic
JE 832 JEY Jersey; Channel Islands
JM 388 JAM Jamaica
JO 400 JOR Jordan; Hashemite Kingdom of Jordan
JP 392 JPN Japan
KE 404 KEN Kenya; Republic of Kenya
KG 417 KGZ Kyrgyzstan; Kyrgyz Republic
KH 116 KHM Cambodia; Kingdom of Cambodia
KI 296 KIR Kiribati; Republic of Kiribati
KM 174 COM Comoros; Union of the Comoros
KN 659 KNA Saint Kitts and Nevis; St. Kitts and Nevis
KP 408 PRK North Korea; Korea, Democratic People's Republic of; Democratic People's Republic of Korea
KR 410 KOR South Korea; Korea, Republic of; Korea; Republic of Korea
KW 414 KWT Kuwait; State of Kuwait
KY 136 CYM Cayman Islands
KZ 398 KAZ Kazakhstan; Republic of Kazakhstan
LA 418 LAO Laos; Lao People's Democratic Republic
LB 422 LBN Lebanon; Lebanese Republic
LC 662 LCA Saint Lucia; St. Lucia
LI 438 LIE Liechtenstein; Principality of Liechtenstein
LK 144 LKA Sri Lanka; Democratic Socialist Republic of Sri Lanka; Ceylon
LR 430 LBR Liberia; Republic of Liberia
LS 426 LSO Lesotho; Kingdom of Lesotho
LT 440 LTU Lithuania; Republic of Lithuania
LU 442 LUX Luxembourg; Grand Duchy of Luxembourg
LV 428 LVA Latvia; Republic of Latvia
LY 434 LBY Libya
MA 504 MAR Morocco; Kingdom of Morocco
MC 492 MCO Monaco; Principality of Monaco
MD 498 MDA Moldova; Moldova, Republic of; Republic of Moldova
ME 499 MNE Montenegro
MF 663 MAF Saint Martin; Saint Martin (French part)
MG 450 MDG Madagascar; Republic of Madagascar
MH 584 MHL Marshall Islands; Republic of the Marshall Islands
MK 807 MKD North Macedonia; Republic of North Macedonia; Macedonia
ML 466 MLI Mali; Republic of Mali
MM 104 MMR Myanmar; Republic of Myanmar; Burma
MN 496 MNG Mongolia
MO 446 MAC Macao; Macao Special Administrative Region of China; Macau
MP 580 MNP Northern Mariana Islands; Commonwealth of the Northern Mariana Islands
MQ 474 MTQ Martinique
MR 478 MRT Mauritania; Islamic Republic of Mauritania
MS 500 MSR Montserrat
MT 470 MLT Malta; Republic of Malta
MU 480 MUS Mauritius; Republic of Mauritius
MV 462 MDV Maldives; Republic of Maldives
MW 454 MWI Malawi; Republic of Malawi
MX 484 MEX Mexico; United Mexican States
MY 458 MYS Malaysia
MZ 508 MOZ Mozambique; Republic of Mozambique
NA 516 NAM Namibia; Republic of Namibia
NC 540 NCL New Caledonia
NE 562 NER Niger; Republic of the Niger
NF 574 NFK Norfolk Island
NG 566 NGA Nigeria; Federal Republic of Nigeria
NI 558 NIC Nicaragua; Republic of Nicaragua
NL 528 NLD Netherlands; Kingdom of the Netherlands; Holland; The Netherlands
NO 578 NOR Norway; Kingdom of Norway
NP 524 NPL Nepal; Federal Democratic Republic of Nepal
NR 520 NRU Nauru; Republic of Nauru
NU 570 NIU Niue
NZ 554 NZL New Zealand
OM 512 OMN Oman; Sultanate of Oman
PA 591 PAN Panama; Republic of Panama
PE 604 PER Peru; Republic of Peru
PF 258 PYF French Polynesia
PG 598 PNG Papua New Guinea; Independent State of Papua New Guinea
PH 608 PHL Philippines; Republic of the Philippines; The Philippines
PK 586 PAK Pakistan; Islamic Republic of Pakistan
PL 616 POL Poland; Republic of Poland
PM 666 SPM Saint Pierre and Miquelon
PN 612 PCN Pitcairn
PR 630 PRI Puerto Rico
PS 275 PSE Palestine; Palestine, State of; the State of Palestine
PT 620 PRT Portugal; Portuguese Republic
PW 585 PLW Palau; Republic of Palau
PY 600 PRY Paraguay; Republic of Paraguay
QA 634 QAT Qatar; State of Qatar
RE 638 REU Réunion; Reunion
RO 642 ROU Romania
RS 688 SRB Serbia; Republic of Serbia
RU 643 RUS Russia; Russian Federation
RW 646 RWA Rwanda; Rwandese Republic
SA 682 SAU Saudi Arabia; Kingdom of Saudi Arabia
SB 090 SLB Solomon Islands
SC 690 SYC Seychelles; Republic of Seychelles
SD 729 SDN Sudan; Republic of the Sudan
SE 752 SWE Sweden; Kingdom of Sweden
SG 702 SGP Singapore; Republic of Singapore
SH 654 SHN Saint Helena; Saint Helena, Ascension and Tristan da Cunha
SI 705 SVN Slovenia; Republic of Slovenia
SJ 744 SJM Svalbard and Jan Mayen
SK 703 SVK Slovakia; Slovak Republic
SL 694 SLE Sierra Leone; Republic of Sierra Leone
SM 674 SMR San Marino; Republic of San Marino
SN 686 SEN Senegal; Republic of Senegal
SO 706 SOM Somalia; Federal Republic of Somalia
SR 740 SUR Suriname; Republic of Suriname
SS 728 SSD South Sudan; Republic of South Sudan
ST 678 STP São Tomé and Príncipe; Sao Tome and Principe; Democratic Republic of Sao Tome and Principe
SV 222 SLV El Salvador; Republic of El Salvador
SX 534 SXM Sint Maarten; Sint Maarten (Dutch part)
SY 760 SYR Syria; Syrian Arab Republic
SZ 748 SWZ Eswatini; Kingdom of Eswatini; Swaziland
TC 796 TCA Turks and Caicos Islands
TD 148 TCD Chad; Republic of Chad
TF 260 ATF French Southern Territories
TG 768 TGO Togo; Togolese Republic
TH 764 THA Thailand; Kingdom of Thailand
TJ 762 TJK Tajikistan; Republic of Tajikistan
TK 772 TKL Tokelau
TL 626 TLS Timor-Leste; Democratic Republic of Timor-Leste; East Timor
TM 795 TKM Turkmenistan
TN 788 TUN Tunisia; Republic of Tunisia
TO 776 TON Tonga; Kingdom of Tonga
TR 792 TUR Türkiye; Republic of Türkiye; Turkey
TT 780 TTO Trinidad and Tobago; Republic of Trinidad and Tobago
TV 798 TUV Tuvalu
TW 158 TWN Taiwan; Taiwan, Province of China
TZ 834 TZA Tanzania; Tanzania, United Republic of; United Republic of Tanzania
UA 804 UKR Ukraine
UG 800 UGA Uganda; Republic of Uganda
UM 581 UMI U.S. Outlying Islands; United States Minor Outlying Islands
US 840 USA United States; United States of America; USA; U.S.; U.S.A.; America
UY 858 URY Uruguay; Eastern Republic of Uruguay
UZ 860 UZB Uzbekistan; Republic of Uzbekistan
VA 336 VAT Vatican City; Holy See (Vatican City State); Holy See; Vatican
VC 670 VCT Saint Vincent and the Grenadines; St. Vincent and the Grenadines
VE 862 VEN Venezuela; Venezuela, Bolivarian Republic of; Bolivarian Republic of Venezuela
VG 092 VGB British Virgin Islands; Virgin Islands, British
VI 850 VIR U.S. Virgin Islands; Virgin Islands, U.S.; Virgin Islands of the United States
VN 704 VNM Vietnam; Viet Nam; Socialist Republic of Viet Nam
VU 548 VUT Vanuatu; Republic of Vanuatu
WF 876 WLF Wallis and Futuna
WS 882 WSM Samoa; Independent State of Samoa
YE 887 YEM Yemen; Republic of Yemen
YT 175 MYT Mayotte
ZA 710 ZAF South Africa; Republic of South Africa; RSA
ZM 894 ZMB Zambia; Republic of Zambia
ZW 716 ZWE Zimbabwe; Republic of Zimbabwe
"""


def _countries() -> tuple[Country, ...]:
    rows = []
    for line in _TABLE.splitlines():
        code, number, alpha_3, names = line.split(" ", 3)
        name, *aliases = names.split("; ")
        rows.append(Country(code, int(number), alpha_3, name, tuple(aliases)))
    return tuple(rows)


def _folded(text: str) -> str:
    """`text` as it is compared: no accents, no case, no outer or doubled spaces, "&" and "St." spelt out."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()
    words = plain.replace("&", " and ").replace("’", "'").split()
    return " ".join("saint" if word in {"st", "st."} else word for word in words)


COUNTRIES: tuple[Country, ...] = _countries()
BY_CODE: dict[str, Country] = {country.code: country for country in COUNTRIES}
CODES: frozenset[str] = frozenset(BY_CODE) | {UNKNOWN}
_BY_SPELLING: dict[str, str] = {
    _folded(spelling): country.code
    for country in COUNTRIES
    for spelling in (country.code, country.alpha_3, country.name, *country.aliases)
}

# Spellings that say more than the code they lead to.
_INEXACT = frozenset(map(_folded, ("Channel Islands", "England", "Scotland", "Wales", "Northern Ireland")))


@lru_cache(maxsize=4096)
def country_code(text: str) -> str:
    """The code of the country that `text` names; ZZ where it names none."""
    return text if text in CODES else _BY_SPELLING.get(_folded(text), UNKNOWN)


@lru_cache(maxsize=4096)
def loses_meaning(text: str) -> bool:
    """Whether the code says less than `text` did, so that the original is worth keeping."""
    if country_code(text) == UNKNOWN:
        return _folded(text) not in {"", "zz"}
    return _folded(text) in _INEXACT


def country_name(code: str) -> str:
    """The English name of a stored code; "Unknown" for ZZ and for what is no code."""
    country = BY_CODE.get(code)
    return country.name if country else "Unknown"
