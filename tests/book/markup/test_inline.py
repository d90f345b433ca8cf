

def test_numbers_joined_by_a_sign_stay_on_one_line_and_code_stays_as_it_is() -> None:
    from book.markup import inline

    html = '<p title="3 × 4">3 × 4 and <span>5</span> ± 1, <code>3 × 4</code></p><math><mo> × </mo></math> 2 × 2'
    nbsp = "\u00a0"
    expected = html.replace(">3 × 4 and", f">3{nbsp}×{nbsp}4 and").replace("</span> ± 1", f"</span>{nbsp}±{nbsp}1")
    assert inline.hold_together(html) == expected.replace(" 2 × 2", f" 2{nbsp}×{nbsp}2")
