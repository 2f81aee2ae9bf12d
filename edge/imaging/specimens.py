"""The smallest pictures of formats that are read more often than they can be written: to find out whether they can be.

All are one plain red, 16 pixels a side. The text in the PDF uses a font that is not embedded, as most do: reading it
makes the PDF library look for fonts before the process is confined.
"""

import struct
from base64 import b85decode
from collections.abc import Sequence

SIDE = 16


def _pdf() -> bytes:
    """One page with a filled rectangle and a word under it."""
    drawing = b"BT /F 6 Tf 2 2 Td (Edge) Tj ET 0.78 0.16 0.24 rg 0 0 16 16 re f"
    return pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 16 16] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(drawing), drawing),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )


def pdf(*objects: bytes) -> bytes:
    """A file of these objects, numbered from 1; the first is the catalogue (ISO 32000-1 §7.5)."""
    body, places = b"%PDF-1.4\n", list[int]()
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n%b" % (size, table) + end


def _bmp(colour: Sequence[int]) -> bytes:
    head = struct.pack("<2sIHHIIiiHHIIiiII", b"BM", 54 + 3 * SIDE**2, 0, 0, 54, 40, SIDE, SIDE, 1, 24, *(0,) * 6)
    return head + bytes(reversed(colour)) * SIDE**2


SPECIMENS: dict[str, bytes] = {
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16"><rect width="16" height="16"/></svg>',
    "pdf": _pdf(),
    "bmp": _bmp((200, 40, 60)),
    "heic": b85decode(
        "0000SW^{RQXk}?*00000ZE0pPXk}?*ZE0a<00054ZDn*}000000000XXk=`10000000000aA{+7000000000000000000004"
        "sdC7Z2$lO00062000naWMOmw000005C9MW001~?Y;R)$0000)KmY;&0RR9100001(EtGe00000001fg0ssL3000000003100"
        "000000O8001~?X>Mi!000000ssI26=`l}WdZ;I0RRC20BCk&F#rGn02OI&W@Q2Z00002003ulX=DHZ007u&aB^?}006dWaAR"
        ")(004Gqc4I>U18@KU000000000U@BsY%`1k+-4+9_o0RR|40Sp2E{{wIU00RJ!0009300RIXx&lBU0096hLID8-Z~y=U0FVF"
        "x0{{R603M(qfd!W8uA1iHKtRBN00093fB*mk0E8j{0RRR>0l{;@i2wiq6lrsCWdHyG00000KmY&$KmY&$6lrsCWdHyG00000"
        "5C8xG5C8xG5O8UDX#fBK00RgJ2mk;88fkECVE_OC000000ssL5fdT*m0t18q000_ka%E-!00000000hTX>Df!0ssL30RR91G"
        "HqmGbN~PVCMW@~86jRmK<{0pzyE7~{>zv6HEr^lD5jSL*NB-51A%~zk)1d"
    ),
    "avif": b85decode(
        "0000SW^{RQVRmU|00000VRmU|ZE0pPZE0a<0002$ZDn*}000000000XXk=`10000000000aA{+7000000000000000000004"
        "sdC7Z2$lO00031001IsY;R)#0000)KmY*%0RR91009mF0RR91000008~^|SBWY=FW&i*H00031000$fZf0cy000000RRADb}"
        "%sj0001LX>f9I0000>X>en20000JV{dG7ZewhC00IC400w{n000bOb}>VN01N;C000zeb8uw<00000000mG000mG000nhX?S"
        "S>000032nYxO000+haBX1#00000000310R(}91B3to03>Z>VRRAz3JDkt|JWcvK+u3P4I2Oe06+k#j`+_7b@T"
    ),
    "jxl": b85decode("{|Z9}0mJ~4VF>_$3YAgD4PMUmeEFfnV%o-ahPK+au!OPMUKk`KoG`}4<C`O5BmhGZ3RIE+"),
    "jp2": b85decode(
        "0000CYEU2`4GM<}0000KW^{RQYH%_j00000YH%_j0000jYH%`W0000MX=r3}0000G0000G00RdH0000001sntY;pkr000005"
        "C8xG$ZBvhWB*V8Q2;Lh000005C8xG5C8xG00000000005C8xG5C8xG000000009A0RaaA0S5sA|55-A0RjL40RRL9004;pTm"
        "S_^Kmh+_03`qcLvm$dbY)~9VtF7>aAj^vP(?=|c4cyNX>V>IGA=bPF#nJM3IG5A002$^0soW7(tHt6RIl{Mur~kz003bjFWS"
        "UF006>5U$&V500D%Azr*7W5l~dG^vEO6n1~brT(9)Uur~kz003bjFZ?L~*#"
    ),
}
